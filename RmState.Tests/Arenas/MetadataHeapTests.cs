using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>Pieces for slabs' headers: apart from each other, and gone when the last of an area is.</summary>
public sealed unsafe class MetadataHeapTests : LeakChecked
{
    private const nuint AreaBytes = 128 * 1024;

    [Theory]
    [InlineData(MemoryKind.Native)]
    [InlineData(MemoryKind.NoReservations)]
    [InlineData(MemoryKind.LargePages)]
    [InlineData(MemoryKind.Windows)]
    public void PiecesAreAlignedAndNeverOverlap(MemoryKind kind)
    {
        FaultyVirtualMemory memory = NewVirtualMemory(kind: kind);
        using var heap = new MetadataHeap(memory);
        var random = new Random(1);
        nuint[] sizes = [1, 64, 65, 128, 129, 300, 2048, 4160, 8192, 8193, 32 * 1024, 100_000];
        List<(nint Start, nuint Bytes, byte Fill)> pieces = [];
        for (int round = 0; round < 5000; round++)
        {
            if (random.Next(100) < (round < 2500 ? 60 : 40) || pieces.Count == 0)
            {
                nuint bytes = sizes[random.Next(sizes.Length)];
                nint piece = heap.Take(bytes);
                Assert.NotEqual(0, piece);
                Assert.Equal(0u, (nuint)piece % PageEntry.SlabAlignment);
                byte fill = (byte)random.Next(256);
                new Span<byte>((void*)piece, (int)bytes).Fill(fill);
                pieces.Add((piece, bytes, fill));
            }
            else
            {
                int i = random.Next(pieces.Count);
                GiveFilled(heap, pieces[i]);
                pieces.RemoveAt(i);
            }
        }

        Assert.All(pieces, piece => GiveFilled(heap, piece));
        _ = heap.Trim(nuint.MaxValue);
        Assert.Equal(0u, heap.Bytes);
        Assert.Equal((0, 0), (memory.Reservations, memory.AlignedBlocks));
    }

    [Fact]
    public void BytesAreThoseOfTheAreas()
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        using var heap = new MetadataHeap(memory);
        Assert.Equal(0u, heap.Bytes);
        nint small = heap.Take(100);
        Assert.Equal(AreaBytes, heap.Bytes);
        nint large = heap.Take(50_000);
        nuint page = memory.PageSize;
        nuint largeBytes = (50_000 + page - 1) / page * page;
        Assert.Equal(AreaBytes + largeBytes, heap.Bytes);
        Assert.Equal(heap.Bytes, heap.Areas.Aggregate((nuint)0, (sum, area) => sum + area.Bytes));
        heap.Give(large, 50_000);
        Assert.Equal(AreaBytes, heap.Bytes);
        heap.Give(small, 100);
    }

    [Fact]
    public void OneEmptyAreaIsKeptForTheNextPieceAndTrimGivesItBack()
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        using var heap = new MetadataHeap(memory);
        nint[] pieces = [.. Enumerable.Range(0, 3 * (int)AreaBytes / 128).Select(_ => heap.Take(128))];
        Assert.Equal(3, memory.Reservations);
        Assert.All(pieces, piece => heap.Give(piece, 128));
        Assert.Equal(1, memory.Reservations);
        int calls = memory.Calls.Count;
        heap.Give(heap.Take(128), 128);
        Assert.Equal(calls, memory.Calls.Count);

        Assert.Equal((long)AreaBytes, (long)heap.Trim(nuint.MaxValue));
        Assert.Equal(0, memory.Reservations);
        Assert.Equal(0u, heap.Trim(nuint.MaxValue));
    }

    [Fact]
    public void TrimKeepsToItsBudget()
    {
        using var heap = new MetadataHeap(NewVirtualMemory());
        foreach (nuint bytes in new nuint[] { 128, 256, 512 })
        {
            heap.Give(heap.Take(bytes), bytes);
        }

        Assert.Equal(3 * AreaBytes, heap.Bytes);
        Assert.Equal(0u, heap.Trim(0));
        Assert.Equal(AreaBytes, heap.Trim(1));
        Assert.Equal(2 * AreaBytes, heap.Trim(AreaBytes + 1));
    }

    [Fact]
    public void AreaThatTheSystemRefusesToTakeServesAgain()
    {
        var plan = new FaultPlan();
        using var heap = new MetadataHeap(NewVirtualMemory(plan));
        nint piece = heap.Take(128);
        heap.Give(piece, 128);
        plan.FailFromNow();
        Assert.Equal(0u, heap.Trim(nuint.MaxValue));
        Assert.Equal(AreaBytes, heap.Bytes);
        Assert.Equal(piece, heap.Take(128));
        heap.Give(piece, 128);
        plan.Stop();
        Assert.Equal(AreaBytes, heap.Trim(nuint.MaxValue));
    }

    [Fact]
    public void OnlyPiecesAreHeld()
    {
        using var heap = new MetadataHeap(NewVirtualMemory());
        nint small = heap.Take(128);
        nint large = heap.Take(100_000);
        Assert.True(heap.Holds(small) && heap.Holds(small + 128) && heap.Holds(large));

        // Below both areas: between them there may be nothing, and above them a neighbour.
        nint outside = Math.Min(small, large) - (nint)AreaBytes;
        Assert.False(heap.Holds(0) || heap.Holds(small + 1) || heap.Holds(outside));
    }

    [Fact]
    public void LowestPieceComesFirst()
    {
        using var heap = new MetadataHeap(NewVirtualMemory());
        nint[] pieces = [.. Enumerable.Range(0, 10).Select(_ => heap.Take(256))];
        Assert.Equal(Enumerable.Range(0, 10).Select(i => pieces[0] + (i * 256)), pieces);
        heap.Give(pieces[7], 256);
        heap.Give(pieces[3], 256);
        Assert.Equal(pieces[3], heap.Take(256));
        Assert.Equal(pieces[7], heap.Take(256));
    }

    [Fact]
    public void WithoutMemoryThereIsNoPiece()
    {
        var plan = new FaultPlan();
        using var heap = new MetadataHeap(NewVirtualMemory(plan));
        plan.FailFromNow();
        Assert.Equal(0, heap.Take(100));
        Assert.Equal(0, heap.Take(100_000));
        Assert.Equal(0u, heap.Bytes);
        plan.Stop();
        Assert.NotEqual(0, heap.Take(100));
    }

    [Fact]
    public void DisposeGivesBackWhatIsStillTaken()
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        using (var heap = new MetadataHeap(memory))
        {
            Assert.NotEqual(0, heap.Take(100));
            Assert.NotEqual(0, heap.Take(100_000));
            Assert.Equal(2, memory.Reservations);
        }

        Assert.Equal(0, memory.Reservations);
    }

    private static void GiveFilled(MetadataHeap heap, (nint Start, nuint Bytes, byte Fill) piece)
    {
        Assert.Equal(-1, new Span<byte>((void*)piece.Start, (int)piece.Bytes).IndexOfAnyExcept(piece.Fill));
        heap.Give(piece.Start, piece.Bytes);
    }
}
