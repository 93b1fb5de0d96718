using System.Runtime.InteropServices;

namespace Rm.Tests.Tool.Replay.Threads;

/// <summary>What all copies of a <see cref="FaultySharedHeap"/> share. Nothing is freed before the end, so that no mistake harms the process.</summary>
/// <param name="fault">The mistake.</param>
/// <param name="size">The block asked for when the mistake is made.</param>
internal sealed unsafe class FaultyCalls(SharedFault fault = SharedFault.None, nuint size = FaultyCalls.FaultySize) : IDisposable
{
    /// <summary>No other block of the tests' traces has this size.</summary>
    public const int FaultySize = 12_345;

    private readonly Lock _lock = new();
    private readonly List<nint> _blocks = [];

    /// <summary>Called by each allocation, on its thread, before it is made.</summary>
    public Action<nuint>? Allocating { get; init; }

    public int Begun { get; private set; }

    public int Ended { get; private set; }

    public void BeginThread()
    {
        lock (_lock)
        {
            Begun++;
        }

        ThrowIf(SharedFault.ThrowsInBeginThread);
    }

    public void EndThread()
    {
        lock (_lock)
        {
            Ended++;
        }

        ThrowIf(SharedFault.ThrowsInEndThread);
    }

    public nint Allocate(nuint asked)
    {
        Allocating?.Invoke(asked);
        lock (_lock)
        {
            bool isFaulty = asked == size;
            if (isFaulty && fault == SharedFault.ReturnsNoBlock)
            {
                return 0;
            }

            if (isFaulty && fault == SharedFault.HandsABlockOutTwice)
            {
                return _blocks[^1];
            }

            if (isFaulty && fault == SharedFault.OverwritesAnotherBlock)
            {
                *(byte*)_blocks[^1] ^= 1;
            }

            if (isFaulty)
            {
                ThrowIf(SharedFault.ThrowsInAllocate);
            }

            nint block = (nint)NativeMemory.AllocZeroed(asked);
            _blocks.Add(block);
            return block;
        }
    }

    public void Free(nint block)
    {
        Assert.NotEqual(0, block);
        ThrowIf(SharedFault.ThrowsInFree);
    }

    public void Dispose()
    {
        foreach (nint block in _blocks)
        {
            NativeMemory.Free((void*)block);
        }

        _blocks.Clear();
    }

    private void ThrowIf(SharedFault one)
    {
        if (fault == one)
        {
            throw new InvalidOperationException($"It {one}.");
        }
    }
}
