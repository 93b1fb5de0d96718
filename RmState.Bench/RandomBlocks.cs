using System.Runtime.InteropServices;

namespace Rm.Bench;

/// <summary>Blocks from malloc and a random order over them, the same in every run.</summary>
internal sealed unsafe class RandomBlocks : IDisposable
{
    /// <summary>Independent draws in an order: enough that the branch predictor does not learn it.</summary>
    internal const int Draws = 1 << 18;

    internal const int BlockSize = 64;

    internal RandomBlocks(int count)
    {
        Addresses = new nint[count];
        foreach (ref nint address in Addresses.AsSpan())
        {
            address = (nint)NativeMemory.Alloc(BlockSize);
        }

        new Random(BlockSize).Shuffle(Addresses);
        Order = new Random(Draws).GetItems(Addresses, Draws);
    }

    /// <summary>The blocks, shuffled.</summary>
    internal nint[] Addresses { get; }

    /// <summary>Blocks drawn at random.</summary>
    internal nint[] Order { get; }

    /// <summary>A state that tracks some of the blocks and forgets them when disposed.</summary>
    internal static RmState Track(ReadOnlySpan<nint> blocks, RmDiagnosticsLevel level = RmDiagnosticsLevel.Counters)
    {
        var state = new RmState(new RmStateOptions { Seed = 1, Level = level, DisposePolicy = RmDisposePolicy.Abandon });
        foreach (nint block in blocks)
        {
            state.RmAttach(block, BlockSize);
        }

        return state;
    }

    public void Dispose()
    {
        foreach (nint address in Addresses)
        {
            NativeMemory.Free((void*)address);
        }
    }
}
