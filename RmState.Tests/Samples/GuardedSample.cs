using Rm.Diagnostics;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Samples;

/// <summary>Guarded allocators as docs/guarded.md shows them.</summary>
public sealed unsafe class GuardedSample : LeakChecked
{
    [Fact]
    public void EveryBlockIsGuarded()
    {
        #region guard-every-block
        using var guarded = new GuardedAllocator(new GuardedAllocatorOptions { MapFile = "decoder.map" });
        using var state = new RmState(new() { Allocator = guarded });

        byte* pixels = (byte*)state.RmMalloc(48);
        pixels[47] = 1;                 // the last byte; pixels[48] = 1 would end the process here
        state.RmRelease((nint)pixels);  // and from now on so would pixels[0]
        #endregion

        Assert.Equal(1, guarded.Statistics.Quarantined);
        Assert.True(File.Exists("decoder.map"));
    }

    [Fact]
    public void OneInAThousandIsGuarded()
    {
        #region guard-in-production
        using var guarded = new GuardedAllocator(new GuardedAllocatorOptions
        {
            SampleOneIn = 1000,
            MaxBlocks = 256,
            MapFile = Path.Combine(Path.GetTempPath(), $"decoder-{Environment.ProcessId}.map"),
        });
        using var state = new RmState(new() { Allocator = guarded });

        for (int i = 0; i < 100_000; i++)
        {
            state.RmRelease(state.RmMalloc(48));
        }

        GuardedAllocatorStatistics statistics = guarded.Statistics;
        long guardedBlocks = statistics.Guarded;     // about 100
        long plainBlocks = statistics.SampledOut;    // the others: malloc's
        #endregion

        Assert.InRange(guardedBlocks, 40, 200);
        Assert.Equal(100_000, guardedBlocks + plainBlocks);
    }

    [Fact]
    public void OddSizesAreCheckedWhenTheyAreFreed()
    {
        using var guarded = new GuardedAllocator();
        string? said = null;

        #region guard-odd-sizes
        byte* text = (byte*)guarded.Allocate(13);
        text[13] = 0;   // no fault: blocks begin at multiples of 16, and 3 bytes are left behind this one
        try
        {
            guarded.Free((nint)text, 13, 0);
        }
        catch (OverrunException e)
        {
            said = e.Message;   // … somebody wrote 1 byte past its end; the first wrong byte is at offset 13 …
        }
        #endregion

        Assert.Contains("somebody wrote 1 byte past its end; the first wrong byte is at offset 13", said, StringComparison.Ordinal);
    }

    [Fact]
    public void RedZonesFindWritesLater()
    {
        string? said = null;

        #region red-zones
        using var zones = new RedZoneAllocator(new RedZoneAllocatorOptions { ZoneBytes = 32 });
        using var state = new RmState(new() { Allocator = zones });

        byte* stale = (byte*)state.RmMalloc(48);
        state.RmRelease((nint)stale);
        stale[5] = 1;   // after its release
        try
        {
            zones.Verify();
        }
        catch (OverrunException e)
        {
            said = e.Message;   // … it was written after it was freed; the first wrong byte is at offset 5 …
        }
        #endregion

        Assert.Contains("it was written after it was freed; the first wrong byte is at offset 5", said, StringComparison.Ordinal);
    }
}
