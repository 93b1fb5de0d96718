using System.Buffers;
using System.Runtime.InteropServices;
using Rm.Interop;
using Rm.Violations;

namespace Rm.Tests.Interop;

/// <summary>A block as memory: valid while held or pinned, given back exactly once, and no table access but on making and disposal.</summary>
public sealed class RmMemoryManagerTests : IDisposable
{
    private readonly ReusingAllocator _allocator = new();
    private readonly RmState _state;

    public RmMemoryManagerTests() => _state = new RmState(new RmStateOptions { Allocator = _allocator });

    public void Dispose()
    {
        _state.Dispose();
        _allocator.Dispose();
    }

    [Fact]
    public unsafe void IsTheBlock()
    {
        nint block = _state.RmCalloc(1, 100);
        using RmMemoryManager<byte> memory = _state.RmMemory(block);

        Assert.Equal(100, memory.Memory.Length);
        Assert.Equal(100, memory.GetSpan().Length);
        memory.Memory.Span[99] = 7;
        Assert.Equal(7, ((byte*)block)[99]);
    }

    [Fact]
    public void HoldsOneReferenceUntilDisposed()
    {
        nint block = _state.RmMalloc(64);
        RmMemoryManager<byte> memory = _state.RmMemory(block);
        Assert.Equal(2, _state.RmCount(block));
        Assert.Equal(1, _state.RmRelease(block));
        Assert.False(memory.IsDisposed);

        memory.Dispose();
        memory.Dispose();
        Assert.True(memory.IsDisposed);
        Assert.Equal(0, _allocator.Outstanding);
    }

    [Fact]
    public void IsAnOwnerForCodeThatTakesOne()
    {
        nint block = _state.RmMalloc(64);
        Consume(_state.RmMemory(block));
        Assert.Equal(1, _state.RmCount(block));

        void Consume(IMemoryOwner<byte> owner)
        {
            Assert.Equal(2, _state.RmCount(block));
            Assert.Equal(64, owner.Memory.Length);
            owner.Dispose();
        }
    }

    [Fact]
    public void RefusesUseAfterDisposal()
    {
        nint block = _state.RmMalloc(64);
        RmMemoryManager<byte> manager = _state.RmMemory(block);
        Memory<byte> kept = manager.Memory;
        manager.Dispose();

        Assert.Throws<ObjectDisposedException>(() => manager.GetSpan().Length);
        Assert.Throws<ObjectDisposedException>(() => manager.Memory);
        Assert.Throws<ObjectDisposedException>(() => manager.Pin());
        Assert.Throws<ObjectDisposedException>(() => kept.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => kept.Pin());
        Assert.Equal(1, _state.RmCount(block));
    }

    [Fact]
    public unsafe void ElementsAreWholeOnes()
    {
        nint block = _state.RmMalloc(4 * sizeof(double) + 3);
        using RmMemoryManager<double> doubles = _state.RmMemory<double>(block);
        Assert.Equal(4, doubles.Memory.Length);

        nint empty = _state.RmMalloc(0);
        using RmMemoryManager<double> none = _state.RmMemory<double>(empty);
        Assert.True(none.Memory.IsEmpty);
    }

    [Fact]
    public unsafe void APartBeginsAtItsOffset()
    {
        nint block = _state.RmCalloc(16, sizeof(int));
        ((int*)block)[4] = 44;
        using RmMemoryManager<int> part = _state.RmMemory<int>(block, 16, 12);
        Assert.Equal(44, part.Memory.Span[0]);
        Assert.Equal(12, part.Memory.Length);

        using RmMemoryManager<int> atTheEnd = _state.RmMemory<int>(block, 64, 0);
        Assert.True(atTheEnd.Memory.IsEmpty);
    }

    [Fact]
    public void LengthsBeyondTheBlockAreRefused()
    {
        nint block = _state.RmMalloc(64);
        Assert.Throws<ArgumentOutOfRangeException>("length", () => _state.RmMemory(block, 65));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => _state.RmMemory(block, -1));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => _state.RmMemory<int>(block, 4, 16));
        Assert.Throws<ArgumentOutOfRangeException>("offset", () => _state.RmMemory<int>(block, 65, 0));
        Assert.Throws<ArgumentOutOfRangeException>("offset", () => _state.RmMemory<int>(block, nuint.MaxValue, 1));
        Assert.Equal(1, _state.RmCount(block));
    }

    [Fact]
    public void AnUnknownSizeNeedsALength()
    {
        _state.RmAttach(0x10000, static _ => { });
        Assert.Throws<InvalidOperationException>(() => _state.RmMemory(0x10000));
        Assert.Equal(1, _state.RmCount(0x10000));

        using RmMemoryManager<byte> memory = _state.RmMemory(0x10000, 12);
        Assert.Equal(12, memory.Memory.Length);
    }

    [Fact]
    public void MoreThanAMemoryHoldsIsRefusedNamingTheLimit()
    {
        _state.RmAttach(0x10000, static _ => { }, (nuint)int.MaxValue + 1);
        var whole = Assert.Throws<ArgumentException>("block", () => _state.RmMemory(0x10000));
        var given = Assert.Throws<ArgumentOutOfRangeException>("length", () => _state.RmMemory(0x10000, int.MaxValue + 1L));
        Assert.Contains("2147483647", whole.Message, StringComparison.Ordinal);
        Assert.Contains("2147483647", given.Message, StringComparison.Ordinal);
        Assert.Equal(1, _state.RmCount(0x10000));

        // Fewer, larger elements fit, and so does a part.
        using RmMemoryManager<int> ints = _state.RmMemory<int>(0x10000);
        using RmMemoryManager<byte> part = _state.RmMemory<byte>(0x10000, 1, int.MaxValue);
        Assert.Equal(536870912, ints.Memory.Length);
        Assert.Equal(int.MaxValue, part.Memory.Length);
    }

    [Fact]
    public void WhatCannotBeRetainedMakesNoMemory()
    {
        Assert.Throws<ArgumentNullException>("state", () => RmMemoryExtensions.RmMemory(null!, 1));
        Assert.Throws<ArgumentNullException>("state", () => RmMemoryExtensions.RmMemory(null!, 1, 1));
        Assert.Throws<ArgumentNullException>(() => _state.RmMemory(0));
        Assert.Throws<ArgumentNullException>(() => _state.RmMemory(0, 1));
        Assert.Throws<UntrackedPointerException>(() => _state.RmMemory(0x1230));
        Assert.Throws<UntrackedPointerException>(() => _state.RmMemory(0x1230, 1));

        nint full = _state.RmMalloc(64);
        _state.PresetCount(full, long.MaxValue);
        Assert.Throws<OverflowException>(() => _state.RmMemory(full));
        Assert.Equal(long.MaxValue, _state.RmCount(full));
        _state.PresetCount(full, 1);

        _state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _state.RmMemory(0x1230));
        Assert.Throws<ObjectDisposedException>(() => _state.RmMemory(0x1230, 1));
    }

    [Fact]
    public unsafe void APinPointsAtItsElement()
    {
        nint block = _state.RmCalloc(8, sizeof(int));
        using RmMemoryManager<int> manager = _state.RmMemory<int>(block);
        using MemoryHandle first = manager.Memory.Pin();
        using MemoryHandle third = manager.Memory[2..].Pin();
        using MemoryHandle end = manager.Pin(8);

        Assert.Equal(block, (nint)first.Pointer);
        Assert.Equal(block + (2 * sizeof(int)), (nint)third.Pointer);
        Assert.Equal(block + (8 * sizeof(int)), (nint)end.Pointer);
        Assert.Equal(3, manager.Pins);
        Assert.Throws<ArgumentOutOfRangeException>("elementIndex", () => manager.Pin(9));
        Assert.Throws<ArgumentOutOfRangeException>("elementIndex", () => manager.Pin(-1));
        Assert.Equal(3, manager.Pins);
    }

    [Fact]
    public unsafe void MemoryDisposedWhilePinnedLivesUntilUnpinned()
    {
        nint block = _state.RmCalloc(1, 64);
        RmMemoryManager<byte> manager = _state.RmMemory(block);
        _state.RmRelease(block);
        MemoryHandle first = manager.Pin();
        MemoryHandle second = manager.Pin();
        manager.Dispose();
        first.Dispose();

        Assert.Equal(0, _state.ReleaseAbandoned());
        Assert.Equal(1, _state.RmCount(block));
        *(byte*)second.Pointer = 1;

        // Where the last operation completes is not known, so the reference waits for the owner.
        var thread = new Thread(() => second.Dispose());
        thread.Start();
        thread.Join();
        Assert.Equal(1, _state.RmCount(block));
        Assert.Equal(1, _state.ReleaseAbandoned());
        Assert.False(_state.RmContains(block));
        manager.Dispose();
        Assert.Equal(0, _state.ReleaseAbandoned());
    }

    [Fact]
    public void UnpinnedMemoryIsReleasedByDisposal()
    {
        nint block = _state.RmMalloc(64);
        RmMemoryManager<byte> manager = _state.RmMemory(block);
        manager.Pin().Dispose();
        manager.Dispose();

        Assert.Equal(1, _state.RmCount(block));
        Assert.Equal(0, _state.ReleaseAbandoned());
    }

    [Fact]
    public void AnUnpinTooManyIsRefused()
    {
        nint block = _state.RmMalloc(64);
        RmMemoryManager<byte> manager = _state.RmMemory(block);
        Assert.Throws<InvalidOperationException>(manager.Unpin);
        manager.Pin().Dispose();
        Assert.Throws<InvalidOperationException>(manager.Unpin);
        manager.Dispose();
        Assert.Throws<InvalidOperationException>(manager.Unpin);

        Assert.Equal(0, _state.ReleaseAbandoned());
        Assert.Equal(1, _state.RmCount(block));
    }

    [Fact]
    public void PinsRacingWithDisposalGiveOneReferenceBack()
    {
        for (int round = 0; round < 200; round++)
        {
            nint block = _state.RmMalloc(64);
            RmMemoryManager<byte> manager = _state.RmMemory(block);
            using var start = new Barrier(3);
            Thread[] threads = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
            {
                start.SignalAndWait();
                try
                {
                    while (true)
                    {
                        manager.Pin().Dispose();
                    }
                }
                catch (ObjectDisposedException)
                {
                    // The end of every such loop.
                }
            }))];
            foreach (Thread thread in threads)
            {
                thread.Start();
            }

            start.SignalAndWait();
            manager.Dispose();
            foreach (Thread thread in threads)
            {
                thread.Join();
            }

            _state.ReleaseAbandoned();
            Assert.Equal(0, manager.Pins);
            Assert.Equal(1, _state.RmCount(block));
            _state.RmRelease(block);
        }
    }

    [Fact]
    public void AfterTheStatesDisposalItDoesNothing()
    {
        RmMemoryManager<byte> manager = _state.RmMemory(_state.RmMalloc(64));
        RmMemoryManager<byte> pinned = _state.RmMemory(_state.RmMalloc(64));
        MemoryHandle pin = pinned.Pin();
        _state.Dispose();
        Assert.Equal(0, _allocator.Outstanding);

        manager.Dispose();
        pinned.Dispose();
        pin.Dispose();
        Assert.True(manager.IsDisposed);
        Assert.Equal(0, pinned.Pins);
    }

    [Fact]
    public void AfterAResetItNeverReleasesAStranger()
    {
        nint block = _state.RmMalloc(64);
        RmMemoryManager<byte> manager = _state.RmMemory(block);
        _state.Reset();
        Assert.Equal(block, _state.RmMalloc(64));
        long violations = _state.Statistics.Violations;
        manager.Dispose();

        Assert.Equal(1, _state.RmCount(block));
        Assert.Equal(violations + 1, _state.Statistics.Violations);
    }

    [Fact]
    public void ForgettingItShowsInTheReport()
    {
        nint block = _state.RmMalloc(64);
        _state.RmMemory(block);
        _state.RmRelease(block);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.Equal(0, _state.ReleaseAbandoned());
        RmBlock leaked = Assert.Single(_state.CreateReport().Blocks);
        Assert.Equal(block, leaked.Address);
    }

    [Fact]
    public void TheMemoryIsNotAnArray()
    {
        using RmMemoryManager<byte> manager = _state.RmMemory(_state.RmMalloc(64));
        Assert.False(MemoryMarshal.TryGetArray<byte>(manager.Memory, out _));
        Assert.True(MemoryMarshal.TryGetMemoryManager<byte, RmMemoryManager<byte>>(manager.Memory, out RmMemoryManager<byte>? found));
        Assert.Same(manager, found);
    }

    [Fact]
    public async Task CrossesAwaitsAndStreams()
    {
        nint block = _state.RmCalloc(1, 256);
        using RmMemoryManager<byte> manager = _state.RmMemory(block);
        manager.GetSpan().Fill(9);
        using var stream = new MemoryStream();
        await stream.WriteAsync(manager.Memory);
        stream.Position = 0;
        manager.GetSpan().Clear();
        Assert.Equal(256, await stream.ReadAsync(manager.Memory));
        Assert.Equal(9, manager.GetSpan()[255]);
    }
}
