using Rm.Diagnostics;
using Rm.Tests.Interop;

namespace Rm.Tests.Diagnostics;

/// <summary>
/// Random work over an allocator that hands freed addresses out again at once and moves whatever it resizes, against dictionaries:
/// every two snapshots differ by what the dictionaries differ by.
/// </summary>
public sealed class SnapshotModelTests
{
    private const int Steps = 2400;
    private const int StepsASnapshot = 100;

    [Theory]
    [InlineData(RmDiagnosticsLevel.Sites, 1)]
    [InlineData(RmDiagnosticsLevel.Sites, 2)]
    [InlineData(RmDiagnosticsLevel.Sites, 3)]
    [InlineData(RmDiagnosticsLevel.Full, 4)]
    [InlineData(RmDiagnosticsLevel.Counters, 5)]
    [InlineData(RmDiagnosticsLevel.Counters, 6)]
    public void DifferencesAreThoseOfTheDictionaries(RmDiagnosticsLevel level, int seed)
    {
        using var allocator = new ReusingAllocator();
        using var state = new RmState(new RmStateOptions { Allocator = allocator, Level = level });
        var run = new Model(state, new Random(seed));
        List<(RmSnapshot Snapshot, Dictionary<nint, Block> Blocks)> taken = [];
        bool reused = false;
        for (int step = 0; step <= Steps; step++)
        {
            if (step % StepsASnapshot == 0)
            {
                taken.Add((state.Snapshot(), new(run.Blocks)));
            }

            run.Step();
        }

        foreach ((RmSnapshot Snapshot, Dictionary<nint, Block> Blocks) earlier in taken)
        {
            foreach ((RmSnapshot Snapshot, Dictionary<nint, Block> Blocks) later in taken.SkipWhile(t => t.Snapshot != earlier.Snapshot))
            {
                Compare(later.Snapshot.Since(earlier.Snapshot), earlier.Blocks, later.Blocks, level != RmDiagnosticsLevel.Counters, $"seed {seed}");
                reused |= later.Blocks.Any(b => earlier.Blocks.TryGetValue(b.Key, out Block? old) && old.Id != b.Value.Id);
            }
        }

        Assert.True(reused, "no address was reused: this run proves nothing");
        Assert.True(state.Statistics is { Reallocations: > 20, Detaches: > 5 }, $"seed {seed}: {state.Statistics}");
        run.End();
    }

    private static void Compare(RmSnapshotDiff diff, Dictionary<nint, Block> earlier, Dictionary<nint, Block> later, bool born, string context)
    {
        HashSet<long> before = [.. earlier.Select(b => born ? b.Value.Id : b.Key)];
        HashSet<long> after = [.. later.Select(b => born ? b.Value.Id : b.Key)];
        IEnumerable<nint> came = later.Where(b => !before.Contains(born ? b.Value.Id : b.Key)).Select(b => b.Key);
        IEnumerable<nint> went = earlier.Where(b => !after.Contains(born ? b.Value.Id : b.Key)).Select(b => b.Key);
        Assert.True(came.Order().SequenceEqual(diff.Came.Select(b => b.Address).Order()), $"{context}: came");
        Assert.True(went.Order().SequenceEqual(diff.Went.Select(b => b.Address).Order()), $"{context}: went");
        Assert.Equal((later.Count - earlier.Count, later.Values.Sum(b => b.Size) - earlier.Values.Sum(b => b.Size)), (diff.CountDelta, diff.BytesDelta));

        (RmSite Site, long Count, long Bytes)[] grown =
        [
            .. later.Values.Concat(earlier.Values).Select(b => b.Line).Distinct().Select(line => (
                    Site: born ? new RmSite("Model.cs", line) : default,
                    Count: later.Values.LongCount(b => b.Line == line) - earlier.Values.LongCount(b => b.Line == line),
                    Bytes: later.Values.Where(b => b.Line == line).Sum(b => b.Size) - earlier.Values.Where(b => b.Line == line).Sum(b => b.Size)))
                .GroupBy(site => site.Site).Select(site => (site.Key, Count: site.Sum(s => s.Count), Bytes: site.Sum(s => s.Bytes)))
                .Where(site => site.Count > 0 || site.Bytes > 0)
                .OrderByDescending(site => site.Bytes).ThenByDescending(site => site.Count).ThenBy(site => site.Key.Line),
        ];
        Assert.Equal(grown, diff.GrownSites.Select(site => (site.Site, site.CountDelta, site.BytesDelta)));
    }

    private sealed record Block(long Id, long Size, int Line, long Count, bool Own);

    private sealed class Model(RmState state, Random random)
    {
        private long _ids;

        internal Dictionary<nint, Block> Blocks { get; } = [];

        internal void Step()
        {
            int kind = Blocks.Count == 0 ? 0 : random.Next(11);
            nint address = Blocks.Count == 0 ? 0 : Blocks.Keys.ElementAt(random.Next(Blocks.Count));
            int line = 1 + random.Next(6);
            switch (kind)
            {
                case < 4:
                    int size = random.Next(1000);
                    Blocks.Add(state.RmMalloc((nuint)size, "Model.cs", line), new Block(++_ids, size, line, 1, Own: true));
                    break;
                case 4 or 9:
                    nint fake = 0x10 * (1 + random.Next(20));
                    if (state.RmTryAttach(fake, Faults.Fakes.Leave, 5, "Model.cs", line))
                    {
                        Blocks.Add(fake, new Block(++_ids, 5, line, 1, Own: false));
                    }

                    break;
                case 5:
                    Count(address, state.RmRetain(address, "Other.cs", 1));
                    break;
                case 6 or 7 when Blocks[address] is { Own: true, Count: 1 } block:
                    int wanted = random.Next(4000);
                    Blocks.Remove(address);
                    Blocks.Add(state.RmRealloc(address, (nuint)wanted, "Other.cs", 2), block with { Size = wanted });
                    break;
                case 8 when Blocks[address] is { Own: false, Count: 1 }:
                    Count(address, state.RmDetach(address, "Other.cs", 3));
                    break;
                default:
                    Count(address, state.RmRelease(address, "Other.cs", 4));
                    break;
            }
        }

        internal void End()
        {
            while (Blocks.Count > 0)
            {
                nint address = Blocks.Keys.First();
                Count(address, state.RmRelease(address));
            }
        }

        private void Count(nint address, long count)
        {
            Block block = Blocks[address];
            Blocks.Remove(address);
            if (count > 0)
            {
                Blocks.Add(address, block with { Count = count });
            }
        }
    }
}
