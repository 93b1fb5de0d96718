using System.Collections.Immutable;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Machines;

/// <summary>
/// What registers hold after a step, immutable because FsCheck computes it while it generates. It knows nothing of addresses,
/// and it is a second opinion beside the model that <see cref="Subjects.Execution"/> keeps.
/// </summary>
/// <remarks>
/// Even registers hold blocks of the allocator, odd ones attached addresses of their own. Only the latter are misused: a stale
/// address of the allocator may be another register's block by now.
/// </remarks>
internal sealed record Prediction(ImmutableSortedDictionary<int, Predicted> Blocks)
{
    public static readonly Prediction Empty = new(ImmutableSortedDictionary<int, Predicted>.Empty);

    public long LiveBytes => Blocks.Values.Sum(b => b.Size);

    public static bool IsAttached(int register) => register % 2 != 0;

    public Prediction After(Op op)
    {
        bool live = Blocks.TryGetValue(op.Register, out Predicted? block);
        switch (op.Code)
        {
            case OpCode.Reset:
                return Empty;
            case OpCode.Realloc or OpCode.TryRealloc when live && block!.Count == 1 && !IsAttached(op.Register):
                return With(op.Register, block with { Size = op.A });
            case OpCode.Malloc or OpCode.TryMalloc when !live:
                return With(op.Register, new Predicted(1, op.A));
            case OpCode.Calloc or OpCode.TryCalloc when !live:
                return With(op.Register, new Predicted(1, op.A * op.B));
            case OpCode.Aligned or OpCode.TryAligned when !live:
                return With(op.Register, new Predicted(1, op.B));
            case OpCode.AttachOrRetainDelegate when live:
            case OpCode.Retain or OpCode.TryRetain when live:
                return With(op.Register, block! with { Count = block.Count + 1 });
            case >= OpCode.AttachDelegate and <= OpCode.AttachFunctionContext when !live:
                return With(op.Register, new Predicted(1, Math.Max(op.B, 0)));
            case OpCode.Detach or OpCode.TryDetach when live:
                return new Prediction(Blocks.Remove(op.Register));
            case OpCode.React when live:
                return With(op.Register, block! with { Releases = (Reaction)op.A == Reaction.Release ? (int)op.B : -1 });
            case OpCode.Release or OpCode.TryRelease or OpCode.ReleaseRef:
                return Released(op.Register);
            default:
                return this;
        }
    }

    // A deallocator may release the next block, and so on, in a circle too: what is finalizing is not live any more.
    private Prediction Released(int register)
    {
        Prediction after = this;
        for (int next = register; next >= 0 && after.Blocks.TryGetValue(next, out Predicted? block);)
        {
            if (block.Count > 1)
            {
                return after.With(next, block with { Count = block.Count - 1 });
            }

            after = new Prediction(after.Blocks.Remove(next));
            next = block.Releases;
        }

        return after;
    }

    private Prediction With(int register, Predicted block) => new(Blocks.SetItem(register, block));

    public override string ToString() => "{" + string.Join(", ", Blocks.Select(b => $"#{b.Key}: {b.Value.Count}")) + "}";
}
