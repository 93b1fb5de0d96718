using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>One thread allocates blocks and fills them, another frees them; they go through a bounded channel.</summary>
internal sealed class Piping<TSource> : IContender
    where TSource : struct, IBlockSource<TSource>
{
    // What is under way fits the cache, and small blocks do not make the threads wake each other all the time.
    private const int BytesUnderWay = 1 << 20;
    private const int FewestUnderWay = 64;
    private const int MostUnderWay = 1024;
    private const byte Filling = 0x5A;

    private readonly Channel<nint> _channel;
    private readonly Companion _producer = new();
    private readonly TSource _source = TSource.Create(seed: 0);
    private readonly nuint _size;

    /// <summary>Starts the thread that allocates; the one that calls <see cref="Run"/> frees.</summary>
    internal Piping(nuint size)
    {
        _size = size;
        int capacity = Math.Clamp(BytesUnderWay / (int)size, FewestUnderWay, MostUnderWay);
        _channel = Channel.CreateBounded<nint>(new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });
    }

    internal TSource Source => _source;

    public void Run(int operations) => _producer.DoBoth(
        () => WhileBothCan(() => Produce(_source, _channel.Writer, _size, operations)),
        () => WhileBothCan(() => Consume(_source, _channel.Reader, operations)));

    public void Dispose()
    {
        _producer.Dispose();
        _source.Dispose();
    }

    /// <summary>Closes the channel when one side fails, or the other would wait for it for ever.</summary>
    private void WhileBothCan(Action work)
    {
        try
        {
            work();
        }
        catch (Exception failure)
        {
            _channel.Writer.TryComplete(failure);
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void Produce(TSource source, ChannelWriter<nint> writer, nuint size, int operations)
    {
        for (int operation = 0; operation < operations; operation++)
        {
            nint block = source.Allocate(size);
            NativeMemory.Fill((void*)block, size, Filling);
            while (!writer.TryWrite(block))
            {
                Wait(writer.WaitToWriteAsync());
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Consume(TSource source, ChannelReader<nint> reader, int operations)
    {
        for (int operation = 0; operation < operations; operation++)
        {
            nint block;
            while (!reader.TryRead(out block))
            {
                Wait(reader.WaitToReadAsync());
            }

            source.Free(block);
        }
    }

    private static void Wait(ValueTask<bool> ready)
    {
        if (!ready.AsTask().GetAwaiter().GetResult())
        {
            throw new ChannelClosedException();
        }
    }
}
