using FsCheck;
using FsCheck.Fluent;
using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Traces;

/// <summary>Whatever happened to a file, it reads as a valid trace or fails with the one exception.</summary>
public sealed class TraceDamageTests
{
    [Fact]
    public void CutAtAnyByteIsAnError()
    {
        byte[] trace = RandomTrace.Make(seed: 1, events: 60);
        for (int length = 0; length < trace.Length; length++)
        {
            string message = TraceFiles.Failure(trace[..length]);
            Assert.Contains(length < 4 ? "not an RMT1 trace" : "cut short", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void GzippedFileCutAtAnyByteIsAnError()
    {
        byte[] packed = TraceWriter.Gzip(RandomTrace.Make(seed: 2, events: 200));
        Assert.Equal(200, TraceFiles.Read(packed).Count);
        for (int length = 0; length < packed.Length; length++)
        {
            string message = TraceFiles.Failure(packed[..length]);
            Assert.Contains(length < 2 ? "not an RMT1 trace" : "damaged gzip data", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void FlippedBitOfGzippedDataIsNeverReadAsAnotherTrace()
    {
        byte[] trace = RandomTrace.Make(seed: 3, events: 100);
        byte[] packed = TraceWriter.Gzip(trace);
        const int gzipHeader = 10;
        int harmless = 0;
        for (int bit = gzipHeader * 8; bit < packed.Length * 8; bit++)
        {
            byte[] damaged = (byte[])packed.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                // A few bits at the end of the compressed data mean nothing.
                Assert.Equal(trace, RandomTrace.Rewrite(TraceFiles.Read(damaged)));
                harmless++;
            }
            catch (TraceException)
            {
                // What damage is for.
            }
        }

        Assert.InRange(harmless, 0, 7);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(5000)]
    public void WhatFollowsGzippedDataIsAnError(int length)
    {
        byte[] packed = TraceWriter.Gzip(RandomTrace.Make(seed: 4, events: 50));

        Assert.Contains("damaged gzip data", TraceFiles.Failure([.. packed, .. new byte[length]]), StringComparison.Ordinal);
    }

    [Fact]
    public void ValidTraceWritesBackAsItWas() => Check.One(
        Quick(100),
        Prop.ForAll(
            Gen.Choose(0, int.MaxValue).ToArbitrary(),
            seed =>
            {
                byte[] trace = RandomTrace.Make(seed, events: seed % 300);
                return RandomTrace.Rewrite(TraceFiles.Read(trace)).AsSpan().SequenceEqual(trace);
            }));

    // The encoding is unique, so bytes that are accepted are exactly those that their events would be written as.
    [Fact]
    public void FlippedBytesAreRefusedOrMeanWhatTheySay() => Check.One(
        Quick(2000),
        Prop.ForAll(
            Gen.Choose(0, int.MaxValue).ToArbitrary(),
            seed =>
            {
                byte[] trace = RandomTrace.Make(seed % 16, events: 40);
                var random = new Random(seed);
                for (int flips = random.Next(1, 4); flips > 0; flips--)
                {
                    trace[random.Next(16, trace.Length)] = (byte)random.Next(256);
                }

                List<TraceEvent> events;
                try
                {
                    events = TraceFiles.Read(trace);
                }
                catch (TraceException)
                {
                    return true;
                }

                return RandomTrace.Rewrite(events).AsSpan().SequenceEqual(trace);
            }));

    [Fact]
    public void RandomBytesNeverCrash() => Check.One(
        Quick(2000),
        Prop.ForAll(
            Gen.Choose(0, 255).ArrayOf().ToArbitrary(),
            numbers =>
            {
                byte[] events = [.. numbers.Select(n => (byte)n)];
                foreach (byte[] file in (byte[][])[events, Headed(events), [0x1F, 0x8B, 8, .. events], TraceWriter.Gzip(Headed(events))])
                {
                    try
                    {
                        TraceFiles.Read(file);
                    }
                    catch (TraceException)
                    {
                        // What a damaged file is for.
                    }
                }

                return true;
            }));

    private static byte[] Headed(byte[] events)
    {
        var writer = new TraceWriter { PromisedEvents = (ulong)(events.Length / 2) };
        writer.Raw(events);
        return writer.ToArray();
    }

    private static Config Quick(int tests) => Config.QuickThrowOnFailure.WithMaxTest(tests).WithQuietOnSuccess(true);
}
