using System.Diagnostics;
using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>Allocates blocks of random sizes and frees random ones, and takes the time of each.</summary>
internal sealed class RandomWalk<TSource> : IDisposable
    where TSource : struct, IBlockSource<TSource>
{
    // Of so many operations one goes against the trend.
    private const int Trend = 4;

    private readonly nint[] _blocks;
    private readonly int _smallest;
    private readonly int _sizes;
    private SeededRandom _random;
    private readonly TSource _source;
    private int _live;

    /// <summary>Makes a source without blocks.</summary>
    /// <param name="seed">Of the order and the sizes.</param>
    /// <param name="most">The most blocks that will live at once.</param>
    /// <param name="smallest">The least size of a block.</param>
    /// <param name="largest">The largest one, included.</param>
    internal RandomWalk(int seed, int most, int smallest, int largest)
    {
        _random = new SeededRandom((ulong)seed);
        _blocks = new nint[most];
        _smallest = smallest;
        _sizes = largest - smallest + 1;
        _source = TSource.Create(seed: 1);
    }

    /// <summary>Walks.</summary>
    /// <param name="operations">Allocations and frees together.</param>
    /// <param name="rising">Whether there are more allocations or more frees.</param>
    /// <param name="times">Where their times go.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void Run(int operations, bool rising, OperationTimes times)
    {
        times.Begin();
        for (int operation = 0; operation < operations; operation++)
        {
            bool allocates = _live == 0 || (_random.Below(Trend) == 0 ? !rising : rising);
            if (allocates)
            {
                Allocate((nuint)(_smallest + _random.Below(_sizes)), times);
            }
            else
            {
                Free(_random.Below(_live), times);
            }
        }
    }

    public void Dispose()
    {
        for (int index = 0; index < _live; index++)
        {
            _source.Free(_blocks[index]);
        }

        _source.Dispose();
    }

    private void Allocate(nuint size, OperationTimes times)
    {
        long before = Stopwatch.GetTimestamp();
        nint block = _source.Allocate(size);
        times.Record(before, Stopwatch.GetTimestamp());

        // Written outside of the time: the page that a first write brings in is the system's doing.
        Write(block);
        _blocks[_live++] = block;
    }

    private void Free(int index, OperationTimes times)
    {
        nint block = _blocks[index];
        _blocks[index] = _blocks[--_live];
        long before = Stopwatch.GetTimestamp();
        _source.Free(block);
        times.Record(before, Stopwatch.GetTimestamp());
    }

    private static unsafe void Write(nint block) => *(nint*)block = block;
}
