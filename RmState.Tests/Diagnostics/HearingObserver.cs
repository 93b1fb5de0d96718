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
        done.Operation is RmOperation.Allocate or RmOperation.Reallocate or RmOperation.Attach ? done.Size : 0,
        done.AlignmentLog2,
        done.File,
        done.Line));

    // Where a violation's call came from is not told.
    internal override void Violated(MemoryViolationException violation) =>
        All.Add(new Heard(RecordedKind.Violation, violation.Block, 0, 0, 0, "", 0));

    private static RecordedKind KindOf(in StateEvent done) => done.Operation switch
    {
        RmOperation.Allocate => done.Kind switch
        {
            AllocationKind.Plain => RecordedKind.Malloc,
            AllocationKind.Zeroed => RecordedKind.Calloc,
            _ => RecordedKind.Aligned,
        },
        RmOperation.Reallocate => RecordedKind.Realloc,
        RmOperation.Attach => RecordedKind.Attach,
        RmOperation.Retain => RecordedKind.Retain,
        RmOperation.Release => RecordedKind.Release,
        RmOperation.Detach => RecordedKind.Detach,
        _ => RecordedKind.Free,
    };
}
