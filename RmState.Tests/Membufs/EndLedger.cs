using Rm.Membufs;

namespace Rm.Tests.Membufs;

/// <summary>
/// Blocks that begin with their number, and how often the onFree of each ran: once, when all is done. What an onFree finds in a block must be
/// what the block's first holder wrote there.
/// </summary>
internal sealed unsafe class EndLedger
{
    private const long Mask = 0x2545_F491_4F6C_DD1D;

    private readonly int[] _ends;
    private readonly bool[] _begun;
    private readonly MembufHeap _heap;
    private readonly MembufPolicy _policy;
    private string? _broken;

    public EndLedger(MembufHeap heap, int blocks)
    {
        _heap = heap;
        _ends = new int[blocks];
        _begun = new bool[blocks];
        _policy = heap.Register(AtEnd, "ledger");
    }

    /// <summary>Allocates a block with a number of its own and one reference.</summary>
    public nint Alloc(int number, nuint size = 64)
    {
        _begun[number] = true;
        nint block = _heap.Alloc(size, 0, _policy);
        ((long*)block)[0] = number;
        ((long*)block)[1] = number ^ Mask;
        return block;
    }

    /// <summary>The number of a block of which the caller has a reference.</summary>
    public static int NumberOf(nint block)
    {
        long number = ((long*)block)[0];
        return ((long*)block)[1] == (number ^ Mask) ? (int)number : throw new InvalidOperationException($"the contents of 0x{block:x} changed under a reference");
    }

    /// <summary>Checks that the onFree of every block allocated here ran exactly once.</summary>
    public void RequireAllEnded()
    {
        Assert.True(_broken is null, _broken);
        for (int i = 0; i < _ends.Length; i++)
        {
            if (_ends[i] != (_begun[i] ? 1 : 0))
            {
                Assert.Fail($"the onFree of block {i} ran {_ends[i]} times");
            }
        }
    }

    private void AtEnd(nint block, nuint size)
    {
        try
        {
            int number = NumberOf(block);
            if (Interlocked.Increment(ref _ends[number]) != 1)
            {
                _broken = $"the onFree of block {number} ran a second time";
            }

            ((long*)block)[0] = -1;
        }
        catch (Exception e)
        {
            _broken = e.Message;
        }
    }
}
