using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>A slab finds the element at an address by a multiplication; a division must agree.</summary>
public sealed unsafe class SlabTests : LeakChecked
{
    private readonly Slab* _slab = (Slab*)NativeMemory.AlignedAlloc(Slab.BytesFor(Granule.Bytes), PageEntry.SlabAlignment);

    public override void Dispose()
    {
        NativeMemory.AlignedFree(_slab);
        base.Dispose();
    }

    [Fact]
    public void HeaderIsAsLargeAsItSays() => Assert.Equal(Slab.HeaderBytes, sizeof(Slab));

    [Fact]
    public void EveryStrideUpToAGranuleAgreesAtElementsAndBesideThem()
    {
        for (nuint stride = 2; stride <= Granule.Bytes; stride++)
        {
            Open(stride, (int)(Granule.Bytes / stride));
            for (nuint offset = 0; offset < Granule.Bytes; offset += stride)
            {
                AssertAgrees(offset);
                AssertAgrees(offset + 1);
                AssertAgrees(offset == 0 ? Granule.Bytes - 1 : offset - 1);
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(48)]
    [InlineData(1000)]
    [InlineData(4096)]
    [InlineData(32768)]
    [InlineData(65535)]
    public void EveryOffsetAgrees(int stride)
    {
        Open((nuint)stride, (int)(Granule.Bytes / stride));
        for (nuint offset = 0; offset < Granule.Bytes; offset++)
        {
            AssertAgrees(offset);
        }
    }

    [Fact]
    public void SlabsOfManyGranulesAgreeAtRandomOffsets()
    {
        var random = new Random(1);
        for (int round = 0; round < 20_000; round++)
        {
            // The multiplication is exact as long as the slab's bytes times the stride are below 2^64.
            nuint stride = (nuint)random.NextInt64(2, 1L << random.Next(2, 32));
            nuint most = nuint.Min(Granule.Bytes, nuint.MaxValue / stride / stride);
            Open(stride, random.Next(1, (int)most + 1));
            nuint bytes = (nuint)_slab->Elements * stride;
            nuint element = (nuint)random.Next(_slab->Elements) * stride;
            AssertAgrees(element);
            AssertAgrees(element + 1);
            AssertAgrees(element + stride - 1);
            AssertAgrees(bytes);
            AssertAgrees((nuint)random.NextInt64((long)bytes));
        }
    }

    [Fact]
    public void OpenedSlabHasOnlyFreeElements()
    {
        new Span<byte>(_slab, Slab.HeaderBytes + 100).Fill(0xFF);
        Slab.Open(_slab, 0x10000, 24, 100, 5, 7, SlabFlags.Lone, clean: true);

        Assert.Equal((100, 100, 0, 0), (_slab->Elements, _slab->Free, _slab->Cursor, _slab->FreshFrom));
        Assert.Equal((5, 7, SlabFlags.Lone, 0), (_slab->Home, _slab->Class, _slab->Flags, _slab->List));
        Assert.True(_slab->Next == null && _slab->Previous == null);
        Assert.Equal(-1, new Span<byte>(Slab.Marks(_slab), 100).IndexOfAnyExcept(Mark.Free));
        Assert.Equal(2400u, Slab.Bytes(_slab));
        Assert.Equal(0x10000 + (24 * 99), Slab.AddressOf(_slab, 99));

        Slab.Open(_slab, 0x10000, 24, 100, 5, 7, SlabFlags.None, clean: false);
        Assert.Equal(100, _slab->FreshFrom);
    }

    private void Open(nuint stride, int elements) => Slab.Open(_slab, 0x7000_0000, stride, elements, 0, 1, SlabFlags.None, clean: false);

    private void AssertAgrees(nuint offset)
    {
        bool expected = offset % _slab->Stride == 0 && offset / _slab->Stride < (nuint)_slab->Elements;
        bool found = Slab.TryIndexOf(_slab, _slab->Start + (nint)offset, out int index);
        if (found != expected || (found && (nuint)index != offset / _slab->Stride))
        {
            Assert.Fail($"offset {offset}, stride {_slab->Stride}, {_slab->Elements} elements: found {found} at {index}");
        }
    }
}
