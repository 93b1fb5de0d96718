using System.Runtime.CompilerServices;

namespace Rm.Tool.Replay.Threads;

/// <summary>
/// The blocks of a replay on threads, as one of them sees them. Each is written once, by the thread that allocates the object, after its
/// bytes, and read once, by the one that releases it: it stays where it is then, as clearing it would only take the line from its writer.
/// </summary>
internal readonly ref struct SharedBlocks(Span<nint> blocks, ReadOnlySpan<int> numbers, ThreadWorker worker) : IBlockTable
{
    /// <summary>Stands for a block that does not exist yet and that a thread sleeps for.</summary>
    public const nint Awaited = 1;

    private readonly Span<nint> _blocks = blocks;
    private readonly ReadOnlySpan<int> _numbers = numbers;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsBlock(nint slot) => (nuint)slot > (nuint)Awaited;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int EventOf(int index) => _numbers[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Take(int id)
    {
        // Pairs with the write below: whoever sees the block sees its bytes.
        nint block = Volatile.Read(ref _blocks[id]);
        return IsBlock(block) ? block : worker.Await(id);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(int id, nint block)
    {
        if (block == 0)
        {
            ThrowNoBlock();
        }

        ref nint slot = ref _blocks[id];
        bool isAwaited = slot == Awaited;
        Volatile.Write(ref slot, block);
        if (isAwaited)
        {
            worker.Announce(id);
        }
    }

    // Others would wait for it for ever.
    private static void ThrowNoBlock() => throw new InvalidOperationException("The heap returned no block.");
}
