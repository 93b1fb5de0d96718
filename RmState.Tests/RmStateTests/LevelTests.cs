using System.Runtime.InteropServices;
using Rm.Tests.Faults;

namespace Rm.Tests.RmStateTests;

/// <summary>What a state records at each level, raised and lowered while blocks live, of blocks of every kind.</summary>
public sealed unsafe class LevelTests : DiagnosedStates
{
    private static readonly nint Wide = unchecked((nint)0xFFFF_8000_0000_1230);

    [Fact]
    public void LevelIsTheOneSetAndNoOther()
    {
        RmState state = NewState();
        Assert.Equal(RmDiagnosticsLevel.Counters, state.Level);
        foreach (RmDiagnosticsLevel level in (RmDiagnosticsLevel[])[RmDiagnosticsLevel.Full, RmDiagnosticsLevel.Sites, RmDiagnosticsLevel.Counters])
        {
            state.Level = level;
            Assert.Equal(level, state.Level);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => state.Level = (RmDiagnosticsLevel)3);
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Level = (RmDiagnosticsLevel)(-1));
        Assert.Equal(RmDiagnosticsLevel.Counters, state.Level);
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => state.Level = RmDiagnosticsLevel.Full);
    }

    [Theory]
    [InlineData(0, 8, 1024)]
    [InlineData(3, 8, 1024)]
    [InlineData(-1, 8, 1024)]
    [InlineData(1, 0, 1024)]
    [InlineData(1, 65, 1024)]
    [InlineData(1, 8, -1)]
    [InlineData(1, 8, (1 << 20) + 1)]
    public void OptionsBeyondTheirRangeAreRefused(int level, int history, int quarantine)
    {
        var options = new RmStateOptions { Level = (RmDiagnosticsLevel)level, HistoryLength = history, QuarantineLength = quarantine };
        if (level == 0)
        {
            Assert.Equal(RmDiagnosticsLevel.Counters, NewState(options).Level);
            return;
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new RmState(options));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WhatWasNotRecordedStaysUnknownAndWhatWasIsKept(Kind kind)
    {
        RmState state = NewState(kind, RmDiagnosticsLevel.Counters);
        nint early = state.RmMalloc(40, Net, 1);
        state.RmRetain(early, Net, 2);
        Assert.Equal("2 unrecorded", state.RmWhoHolds(early).ToString());

        state.Level = RmDiagnosticsLevel.Sites;
        state.RmRetain(early, Net, 12);
        state.RmRetain(early, Net, 12);
        state.RmRelease(early, Net, 40);
        nint late = state.RmMalloc(50, Decoder, 5);
        state.RmRetain(late, Decoder, 6);
        Assert.Equal("1 unmatched: retains Net.cs:12 ×2, releases Net.cs:40 ×1; 2 unrecorded", state.RmWhoHolds(early).ToString());
        Assert.Equal("1 since Decoder.cs:5; 1 unmatched: retains Decoder.cs:6 ×1", state.RmWhoHolds(late).ToString());
        Assert.Equal(0, state.RmWhoHolds(late).Unrecorded);

        state.Level = RmDiagnosticsLevel.Counters;
        state.RmRetain(late, Net, 70);
        state.RmRelease(early, Net, 71);
        Assert.Equal("1 unmatched: retains Net.cs:12 ×2, releases Net.cs:40 ×1; 1 unrecorded", state.RmWhoHolds(early).ToString());
        Assert.Equal("1 since Decoder.cs:5; 1 unmatched: retains Decoder.cs:6 ×1; 1 unrecorded", state.RmWhoHolds(late).ToString());
        state.Verify();

        state.Level = RmDiagnosticsLevel.Full;
        state.RmRetain(late, Decoder, 6);
        Assert.Equal("1 since Decoder.cs:5; 2 unmatched: retains Decoder.cs:6 ×2; 1 unrecorded", state.RmWhoHolds(late).ToString());
        Assert.Equal(RmOperation.Retain, Assert.Single(state.RmWhoHolds(late).History).Operation);

        ReleaseAll(state, early);
        state.Level = RmDiagnosticsLevel.Counters;
        ReleaseAll(state, late);
        state.Verify();
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryWayToABlockIsRecorded(Kind kind)
    {
        RmState state = NewState(kind, RmDiagnosticsLevel.Full);
        Assert.True(state.RmTryMalloc(8, out nint tried, Net, 2));
        Assert.True(state.RmTryCalloc(2, 8, out nint zeroed, Net, 4));
        (nint Block, int Line)[] blocks =
        [
            (state.RmMalloc(8, Net, 1), 1), (tried, 2), (state.RmCalloc(2, 8, Net, 3), 3), (zeroed, 4),
            ((nint)state.RmMalloc<long>(2, Net, 5), 5), (state.RmRealloc(0, 8, Net, 6), 6), (state.RmMalloc(480, Net, 7), 7),
        ];
        if (kind != Kind.BlockHeap)
        {
            Assert.True(state.RmTryAlignedAlloc(128, 8, out nint aligned, Net, 9));
            blocks = [.. blocks, (state.RmAlignedAlloc(64, 8, Net, 8), 8), (aligned, 9), (state.RmMalloc(100_000, Net, 10), 10)];
        }

        long born = 0;
        foreach ((nint block, int line) in blocks.OrderBy(b => state.RmWhoHolds(b.Block).Born))
        {
            RmHolders holders = state.RmWhoHolds(block);
            Assert.Equal(new RmSite(Net, line), holders.Site);
            Assert.True(holders.Born > born, $"{holders.Born} after {born}");
            born = holders.Born;
            Assert.Equal((1, 0), (holders.Count, holders.Unrecorded));
            Assert.Equal($"1 since Net.cs:{line}", holders.ToString());
            Assert.Equal((RmOperation.Allocate, 1, born), Entry(Assert.Single(holders.History)));
            Assert.Equal(holders.Site, state.RmBlocks.Single(b => b.Address == block).Site);
            Assert.NotNull(state.RmBlocks.Single(b => b.Address == block).Age);
        }

        Array.ForEach(blocks, b => ReleaseAll(state, b.Block));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void BlocksThatNeedARecordAnywayAreRecordedLikeOthers(Kind kind)
    {
        RmState state = NewState(kind);
        List<nint> gone = [];
        nint wide = Wide;
        nint managed = Fakes.Address(1);
        nint function = Fakes.Address(2);
        state.RmAttach(wide, gone.Add, null, Net, 1);
        state.RmAttach(managed, gone.Add, 1 << 27, Net, 2);
        state.RmAttach(function, &Nothing, 16, Net, 3);
        nint counted = state.RmMalloc(16, Net, 4);
        nint[] blocks = [wide, managed, function, counted];
        foreach (nint block in blocks)
        {
            for (int i = 0; i < 200; i++)
            {
                state.RmRetain(block, Decoder, i % 3);
            }

            for (int i = 0; i < 150; i++)
            {
                state.RmRelease(block, Player, i % 2);
            }
        }

        for (int i = 0; i < blocks.Length; i++)
        {
            RmHolders holders = state.RmWhoHolds(blocks[i]);
            Assert.Equal((51, 0, 50), (holders.Count, holders.Unrecorded, holders.Unmatched));
            Assert.Equal(
                $"1 since Net.cs:{i + 1}; 50 unmatched: retains Decoder.cs:0 ×67, Decoder.cs:1 ×67, Decoder.cs:2 ×66, releases Player.cs:0 ×75, Player.cs:1 ×75",
                holders.ToString());
        }

        state.Verify();
        Array.ForEach(blocks, b => ReleaseAll(state, b));
        Assert.Equal([wide, managed], gone);
        state.Verify();
    }

    [Fact]
    public void AttachedMallocBlocksAreRecorded()
    {
        RmState state = NewState(Kind.Malloc);
        nint plain = (nint)NativeMemory.Alloc(8);
        nint sized = (nint)NativeMemory.Alloc(8);
        nint either = (nint)NativeMemory.Alloc(8);
        nint tried = (nint)NativeMemory.Alloc(8);
        state.RmAttach(plain, Net, 1);
        state.RmAttach(sized, 8, Net, 2);
        Assert.Equal(1, state.RmAttachOrRetain(either, Net, 3));
        Assert.Equal(2, state.RmAttachOrRetain(either, Net, 4));
        Assert.True(state.RmTryAttach(tried, Net, 5));

        Assert.Equal("1 since Net.cs:1", state.RmWhoHolds(plain).ToString());
        Assert.Equal("1 since Net.cs:2", state.RmWhoHolds(sized).ToString());
        Assert.Equal("1 since Net.cs:3; 1 unmatched: retains Net.cs:4 ×1", state.RmWhoHolds(either).ToString());
        Assert.Equal("1 since Net.cs:5", state.RmWhoHolds(tried).ToString());
        foreach (nint block in (nint[])[plain, sized, either, tried])
        {
            ReleaseAll(state, block);
        }
    }

    [Fact]
    public void LargeSizesAndResizedBlocksKeepTheirPlace()
    {
        RmState state = NewState(Kind.Malloc, RmDiagnosticsLevel.Full);
        nint block = state.RmMalloc(100, Net, 1);
        block = state.RmRealloc(block, (1 << 26) + 5, Net, 2);
        Assert.Equal((nuint)(1 << 26) + 5, state.RmSize(block));
        block = state.RmRealloc(block, 10, Net, 3);
        state.RmRetain(block, Net, 4);

        RmHolders holders = state.RmWhoHolds(block);
        Assert.Equal("1 since Net.cs:1; 1 unmatched: retains Net.cs:4 ×1", holders.ToString());
        Assert.Equal(
            [RmOperation.Allocate, RmOperation.Reallocate, RmOperation.Reallocate, RmOperation.Retain],
            holders.History.Select(e => e.Operation));
        Assert.Equal([1, 2, 3, 4], holders.History.Select(e => e.Site.Line));
        ReleaseAll(state, block);
        state.Verify();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public void HistoryHoldsTheLastOperationsWithTheirNumbers(int length)
    {
        RmState state = NewState(Kind.Malloc, RmDiagnosticsLevel.Full, history: length);
        nint other = state.RmMalloc(8, Net, 100);
        nint block = state.RmMalloc(8, Net, 1);
        RmHold hold = state.RmRetainAs(block, Net, 2);
        state.RmRetain(other, Net, 100);
        state.RmRetain(block, Net, 3);
        state.RmRelease(block, Net, 4);
        hold.Dispose();

        (RmOperation, long, int, long)[] all =
        [
            (RmOperation.Allocate, 1, 1, 2), (RmOperation.Retain, 2, 2, 3), (RmOperation.Retain, 3, 3, 5), (RmOperation.Release, 2, 4, 6),
            (RmOperation.Release, 1, 2, 7),
        ];
        Assert.Equal(all.TakeLast(length), state.RmWhoHolds(block).History.Select(e => (e.Operation, e.Count, e.Site.Line, e.Number)));

        state.RmRelease(block, Net, 5);
        Assert.Equal(
            all.Append((RmOperation.Free, 0, 5, 8)).TakeLast(length),
            state.RmExplain(block).History.Select(e => (e.Operation, e.Count, e.Site.Line, e.Number)));
        ReleaseAll(state, other);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RecordsFollowTheirBlocksWhileTheTableGrowsAndShrinks(Kind kind)
    {
        RmState state = NewState(kind);
        nint[] blocks = [.. Enumerable.Range(0, 3000).Select(i => state.RmMalloc(24, Net, i))];
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < blocks.Length; i++)
            {
                for (int n = 0; n < i % 4; n++)
                {
                    state.RmRetain(blocks[i], Decoder, n);
                }
            }
        }

        void AssertRecorded(int i) => Assert.Equal(
            $"1 since Net.cs:{i}" + (i % 4) switch
            {
                0 => "",
                1 => "; 3 unmatched: retains Decoder.cs:0 ×3",
                2 => "; 6 unmatched: retains Decoder.cs:0 ×3, Decoder.cs:1 ×3",
                _ => "; 9 unmatched: retains Decoder.cs:0 ×3, Decoder.cs:1 ×3, Decoder.cs:2 ×3",
            },
            state.RmWhoHolds(blocks[i]).ToString());
        for (int i = 0; i < blocks.Length; i++)
        {
            AssertRecorded(i);
        }

        state.Verify();
        for (int i = 0; i < blocks.Length; i++)
        {
            if (i % 50 != 0)
            {
                ReleaseAll(state, blocks[i]);
            }
        }

        bool done = false;
        for (int slice = 0; slice < 100_000 && !done; slice++)
        {
            done = state.Trim(1);
            int i = slice * 50 % 3000;
            state.RmRetain(blocks[i], Player, 1);
            state.RmRelease(blocks[i], Player, 2);
            RmHolders holders = state.RmWhoHolds(blocks[i]);
            Assert.Equal((0, new RmSite(Net, i)), (holders.Unrecorded, holders.Site));
            Assert.Equal(holders.Retains.Single(r => r.Site == new RmSite(Player, 1)).Count, Assert.Single(holders.Releases).Count);
        }

        Assert.True(done);
        state.Verify();
        for (int i = 0; i < blocks.Length; i += 50)
        {
            ReleaseAll(state, blocks[i]);
        }

        state.Verify();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ResetForgetsEverythingAndKeepsTheLevel(Kind kind)
    {
        RmState state = NewState(kind, RmDiagnosticsLevel.Full);
        for (int round = 0; round < 3; round++)
        {
            nint block = state.RmMalloc(8, Net, round);
            for (int i = 0; i < 5; i++)
            {
                state.RmRetain(block, Net, 10 + i);
            }

            state.RmRetainAs(block, Player, round);
            nint released = state.RmMalloc(8, Net, 50);
            state.RmRelease(released, Net, 51);
            Assert.Equal(RmPointerKind.Gone, state.RmExplain(released).Kind);
            Assert.Equal(7, state.Reset()!.Blocks.Single().Count);

            Assert.Equal(RmDiagnosticsLevel.Full, state.Level);
            Assert.Equal(RmPointerKind.Unknown, state.RmExplain(released).Kind);
            Assert.Equal(RmPointerKind.Unknown, state.RmExplain(block).Kind);
            state.Verify();
            nint next = state.RmMalloc(8, Net, 99);
            Assert.Equal("1 since Net.cs:99", state.RmWhoHolds(next).ToString());
            Assert.Single(state.RmWhoHolds(next).History);
            state.RmRelease(next);
        }
    }

    [Fact]
    public void LeakReportNamesThePlaces()
    {
        RmState state = NewState(Kind.SizeClassHeap);
        state.RmMalloc(8, Net, 7);
        RmBlock block = Assert.Single(state.CreateReport().Blocks);

        Assert.Equal(new RmSite(Net, 7), block.Site);
        Assert.NotNull(block.Age);
        Assert.True(block.Age >= TimeSpan.Zero);
        state.Reset();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void DisposeGivesAllMemoryBack(Kind kind)
    {
        CountingTableMemory table = NewTableMemory();
        RmState state = NewState(kind, RmDiagnosticsLevel.Full, table: table, history: 64);
        Random random = new(4);
        for (int i = 0; i < 2000; i++)
        {
            nint block = state.RmMalloc(8, Net, i % 10);
            for (int n = random.Next(6); n > 0; n--)
            {
                state.RmRetain(block, Net, random.Next(20));
            }

            if (i % 3 == 0)
            {
                state.RmRetainAs(block, Player, i % 7);
            }

            Assert.Equal(table.Areas.Sum(a => (long)a.Bytes), state.Statistics.TableBytes);
            if (i % 2 == 0 && i % 3 != 0)
            {
                ReleaseAll(state, block);
            }
        }

        state.Verify();
        state.Dispose();
        Assert.Equal(0, table.Outstanding);
    }

    [Fact]
    public void ALevelRaisedInADeallocatorStillTellsHowItsBlockWent()
    {
        RmState state = NewState(Kind.Malloc, RmDiagnosticsLevel.Counters);
        state.RmAttach(Fakes.Address(1), _ => state.Level = RmDiagnosticsLevel.Sites, null, Net, 1);
        state.RmRelease(Fakes.Address(1), Net, 2);

        Assert.Equal(RmOperation.Free, state.RmExplain(Fakes.Address(1)).EndedBy);
        state.Verify();
    }

    [Fact]
    public void ReleaseOfABlockThatCameInADeallocatorIsNotedOfIt()
    {
        var allocator = new ScriptedAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator, Level = RmDiagnosticsLevel.Sites });
        nint stranger = 0;
        state.RmAttach(Fakes.Address(1), block =>
        {
            allocator.Next = block;
            state.Level = RmDiagnosticsLevel.Counters;
            stranger = state.RmMalloc(8, Net, 1);
            state.RmRetain(stranger, Net, 2);
            state.RmRetain(stranger, Net, 2);
            state.Level = RmDiagnosticsLevel.Sites;
            state.RmRelease(stranger, Net, 40);
            Assert.Equal("-1 unmatched: releases Net.cs:40 ×1; 3 unrecorded", state.RmWhoHolds(stranger).ToString());
        }, null, Net, 1);
        state.RmRetain(Fakes.Address(1), Net, 2);
        state.RmRelease(Fakes.Address(1), Net, 40);
        state.RmRetain(Fakes.Address(1), Net, 2);
        state.RmRelease(Fakes.Address(1), Net, 40);
        state.RmRelease(Fakes.Address(1), Net, 40);
        ReleaseAll(state, stranger);
        state.Verify();
    }

    [Fact]
    public void CallersWithoutAFileAreUnknownPlaces()
    {
        RmState state = NewState(Kind.Malloc, RmDiagnosticsLevel.Full);
        nint block = state.RmMalloc(8, null!, 5);
        state.RmRetain(block, null!, 0);
        state.RmRetain(block, "", 3);
        state.RmRelease(block, null!, 0);
        RmHolders holders = state.RmWhoHolds(block);

        Assert.Equal((2, 1, 1), (holders.Count, holders.Unmatched, holders.Unrecorded));
        Assert.Equal("1 unmatched: retains unknown site ×2, releases unknown site ×1; 1 unrecorded", holders.ToString());
        state.RmRelease(block, null!, 0);
        state.RmRelease(block, null!, 0);
        state.Verify();
    }

    [Theory]
    [InlineData(RmDiagnosticsLevel.Counters)]
    [InlineData(RmDiagnosticsLevel.Sites)]
    [InlineData(RmDiagnosticsLevel.Full)]
    public void SteadyStateAllocatesNothingManaged(RmDiagnosticsLevel level)
    {
        foreach (Kind kind in Enum.GetValues<Kind>().Where(k => k is not Kind.Allocator and not Kind.SizedAllocator))
        {
            RmState state = NewState(kind, level, quarantine: 16, table: NewTableMemory());
            nint kept = state.RmMalloc(40);
            Work(state, kept);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Work(state, kept);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() == before, $"{kind} at {level} allocated");
            state.RmRelease(kept);
        }
    }

    private static void Work(RmState state, nint kept)
    {
        for (int i = 0; i < 400; i++)
        {
            nint block = state.RmMalloc(40);
            state.RmRetain(block, i % 2 == 0 ? Net : Decoder, i % 3);
            state.RmRetain(kept);
            RmHold hold = state.RmRetainAs(block);
            state.RmRelease(block, Net, i % 5);
            state.RmRelease(kept);
            hold.Dispose();
            state.RmRelease(block);
        }
    }

    private static (RmOperation Operation, long Count, long Number) Entry(RmHistoryEntry entry) => (entry.Operation, entry.Count, entry.Number);

    [UnmanagedCallersOnly]
    private static void Nothing(void* block)
    {
    }
}
