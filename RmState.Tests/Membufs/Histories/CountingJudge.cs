namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// Knows how many references a program holds to each block. Scripts are legal: they add to and drop only what their thread holds then.
/// </summary>
/// <remarks>
/// <para>A block must end exactly once, never while a reference is held, and by the end of the history if none is; so must its memory be
/// free for another block, and not before its end. A reference is held until the operation that drops it begins.</para>
/// <para>A returned count must have been a true one at some moment of the call. What an operation does may be found by others from its
/// begin on, and need not be found before it returned and its stores left the buffer of its thread.</para>
/// </remarks>
internal sealed class CountingJudge(int blocks, int threads) : Judge
{
    /// <summary>What an operation tells when a block ends; the value is the number of the block.</summary>
    internal const int Ended = 1;

    /// <summary>What an operation tells when the memory of a block is free.</summary>
    internal const int Freed = 2;

    /// <summary>What an operation tells when it is refused something legal.</summary>
    internal const int Refused = 3;

    /// <summary>What an operation returns that found nothing to do.</summary>
    internal const long Skipped = long.MinValue;

    private readonly (nint Start, int Bytes)[] _places = new (nint, int)[blocks];

    internal override int Notes => (blocks * BlockNotes.Words) + (threads * ThreadNotes.Words);

    /// <summary>Whether what is returned is a count, not only 0 or more.</summary>
    internal bool ReturnsCounts { get; init; }

    /// <summary>Whether a call that drops the last reference returns 0 whenever it ends the block.</summary>
    internal bool EndReturnsZero { get; init; } = true;

    /// <summary>Whether blocks end apart from their memory's being freed.</summary>
    internal bool TellsEnds { get; init; } = true;

    /// <summary>Whether memory is told of when it is free.</summary>
    internal bool TellsFrees { get; init; }

    /// <summary>Names the memory that must not be touched once a block has ended.</summary>
    internal void Guard(int block, nint start, int bytes) => _places[block] = (start, bytes);

    internal override bool Minds(Happening happening) =>
        happening.Kind == HappeningKind.Told || happening.Operation.Effect != CountEffect.None;

    internal override string? Hear(Span<ulong> notes, int thread, Happening happening, int buffered)
    {
        Operation operation = happening.Operation;
        if (happening.Kind == HappeningKind.Told)
        {
            return HearTold(BlockOf(notes, (int)happening.Value), thread, happening);
        }

        BlockNotes block = BlockOf(notes, operation.Block);
        if (happening.Kind == HappeningKind.Begun)
        {
            if (block.Born != 0)
            {
                Begin(notes, block, thread, operation);
            }

            return null;
        }

        if (operation.Effect == CountEffect.Begin)
        {
            block.Born = block.Held = happening.Value == Skipped ? 0UL : 1;
            block.Least = block.Most = (long)block.Born;
            return null;
        }

        return block.Born == 0 ? null : Return(block, ThreadOf(notes, thread), thread, happening, buffered);
    }

    internal override bool Guards(nint address) => FindGuarded(address) >= 0;

    internal override string? Watch(Span<ulong> notes, int thread, nint address)
    {
        int number = FindGuarded(address);
        return number >= 0 && BlockOf(notes, number).Ends != 0 && BlockOf(notes, number).Ender != (ulong)thread
            ? $"block {number} is touched after its end"
            : null;
    }

    internal override bool AwaitsFlush(Span<ulong> notes, int thread) => ThreadOf(notes, thread).HasUnseen;

    internal override void Flush(Span<ulong> notes, int thread)
    {
        ThreadNotes own = ThreadOf(notes, thread);
        own.Flush();
        while (own.TryTakeSeen(out int number, out bool drops))
        {
            BlockNotes block = BlockOf(notes, number);
            block.Least += drops ? 0 : 1;
            block.Most -= drops ? 1 : 0;
        }
    }

    internal override string? Close(Span<ulong> notes)
    {
        for (int number = 0; number < blocks; number++)
        {
            BlockNotes block = BlockOf(notes, number);
            if (block.Born != 0 && block.Held == 0 && (block.Ends == 0 || (TellsFrees && block.Frees == 0)))
            {
                return $"nobody holds block {number}, and it has not ended, or its memory is not free";
            }
        }

        return null;
    }

    internal override string Describe(Span<ulong> notes)
    {
        var ends = new List<string>();
        for (int number = 0; number < blocks; number++)
        {
            BlockNotes block = BlockOf(notes, number);
            ends.Add(block.Born == 0 ? "unborn" : block.Ends == 0 ? $"lives with {block.Held}" : $"ended by T{block.Ender}");
        }

        return string.Join(", ", ends);
    }

    private static BlockNotes BlockOf(Span<ulong> notes, int number) => new(notes.Slice(number * BlockNotes.Words, BlockNotes.Words));

    private ThreadNotes ThreadOf(Span<ulong> notes, int thread) =>
        new(notes.Slice((blocks * BlockNotes.Words) + (thread * ThreadNotes.Words), ThreadNotes.Words));

    private int FindGuarded(nint address)
    {
        int number = _places.Length - 1;
        while (number >= 0 && (address < _places[number].Start || address >= _places[number].Start + _places[number].Bytes))
        {
            number--;
        }

        return number;
    }

    private void Begin(Span<ulong> notes, BlockNotes block, int thread, Operation operation)
    {
        int dropped = operation.Effect == CountEffect.Drop ? 1 : 0;
        block.Held -= (ulong)dropped;
        if (!ReturnsCounts)
        {
            return;
        }

        block.Least -= dropped;
        block.Most += operation.Effect == CountEffect.Add ? 1 : 0;
        ThreadNotes own = ThreadOf(notes, thread);
        (own.Call, own.Least, own.Most) = ((ulong)operation.Block + 1, long.MaxValue, long.MinValue);
        for (int other = 0; other < threads; other++)
        {
            ThreadNotes call = ThreadOf(notes, other);
            if (call.Call == own.Call)
            {
                call.Least = Math.Min(call.Least, block.Least + call.CountUnseen(operation.Block, drops: false));
                call.Most = Math.Max(call.Most, block.Most - call.CountUnseen(operation.Block, drops: true));
            }
        }
    }

    private string? Return(BlockNotes block, ThreadNotes own, int thread, Happening happening, int buffered)
    {
        (long result, Operation operation) = (happening.Value, happening.Operation);
        (int added, int dropped) = (operation.Effect == CountEffect.Add ? 1 : 0, operation.Effect == CountEffect.Drop ? 1 : 0);
        block.Held += (ulong)added;
        if (dropped != 0 && TellsEnds && EndReturnsZero && block.Ends != 0 && block.Ender == (ulong)thread && result != 0)
        {
            return $"returns {result}, but ended block {operation.Block}";
        }

        return ReturnsCounts ? ReturnCount(block, own, operation, result, buffered) : null;
    }

    private static string? ReturnCount(BlockNotes block, ThreadNotes own, Operation operation, long result, int buffered)
    {
        // A reference that is being dropped by this call is not in its result, one that is being added is.
        (int added, int dropped) = (operation.Effect == CountEffect.Add ? 1 : 0, operation.Effect == CountEffect.Drop ? 1 : 0);
        (long least, long most) = (own.Least + added, own.Most - dropped);
        (own.Call, own.Least, own.Most) = (0, 0, 0);
        if (buffered != 0 && (added | dropped) != 0)
        {
            own.AddUnseen(operation.Block, dropped != 0, buffered);
        }
        else
        {
            block.Least += added;
            block.Most -= dropped;
        }

        bool right = operation.Effect != CountEffect.AskUnique ? result >= least && result <= most
            : result != 0 ? least <= 1 && most >= 1
            : most > 1;
        return right ? null : $"returns {result}, but block {operation.Block} had {least} to {most} references during the call";
    }

    private string? HearTold(BlockNotes block, int thread, Happening happening)
    {
        (long number, Operation operation) = (happening.Value, happening.Operation);
        switch (happening.What)
        {
            case Ended:
                return End(block, thread, operation, number);
            case Freed:
                string? complaint = TellsEnds ? null : End(block, thread, operation, number);
                return complaint ?? (block.Ends == 0 ? $"{operation} frees the memory of block {number}, which has not ended"
                    : ++block.Frees > 1 ? $"{operation} frees the memory of block {number} again"
                    : null);
            default:
                return $"{operation} is refused block {number}: {happening.Text}";
        }
    }

    private static string? End(BlockNotes block, int thread, Operation operation, long number)
    {
        block.Ender = (ulong)thread;
        return block.Held != 0 ? $"{operation} ends block {number}, which has {block.Held} references"
            : ++block.Ends > 1 ? $"{operation} ends block {number} again"
            : null;
    }
}
