using Rm.Tool.Traces;
using Rm.Violations;

namespace Rm.Tests.Diagnostics;

/// <summary>Writes a list of what a state tells: what a recording of the same must say.</summary>
internal sealed class HearingObserver : StateObserver
{
    public List<Heard> All { get; } = [];

    internal override void Done(in StateEvent done) => All.Add(new Heard(
        KindOf(done),
        done.Block,
        done.Previous,
        done.Operation is StateOperation.Allocate or StateOperation.Reallocate or StateOperation.Attach ? done.Size : 0,
        done.AlignmentLog2,
        done.File,
        done.Line));

    // Where a violation's call came from is not told.
    internal override void Violated(MemoryViolationException violation) =>
        All.Add(new Heard(RecordedKind.Violation, violation.Block, 0, 0, 0, "", 0));

    private static RecordedKind KindOf(in StateEvent done) => done.Operation switch
    {
        StateOperation.Allocate => done.Kind switch
        {
            AllocationKind.Plain => RecordedKind.Malloc,
            AllocationKind.Zeroed => RecordedKind.Calloc,
            _ => RecordedKind.Aligned,
        },
        StateOperation.Reallocate => RecordedKind.Realloc,
        StateOperation.Attach => RecordedKind.Attach,
        StateOperation.Retain => RecordedKind.Retain,
        StateOperation.Release => RecordedKind.Release,
        StateOperation.Detach => RecordedKind.Detach,
        _ => RecordedKind.Free,
    };
}
