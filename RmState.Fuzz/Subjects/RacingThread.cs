using Rm.Fuzz.Programs;
using Rm.Membufs;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <summary>One thread of a racing program: its script, and the blocks it has references of.</summary>
internal sealed unsafe class RacingThread(RacingExecution run, int index, Op[] script, ProgramOptions options)
{
    private const int StackBytes = 512 << 10;
    private const int RoundsOfThread = 64;

    private readonly nint[] _blocks = new nint[RacingExecution.Slots];
    private readonly long[] _numbers = new long[RacingExecution.Slots];
    private readonly int[] _references = new int[RacingExecution.Slots];
    private readonly MembufHeap _heap = run.Heap;
    private SplitMix _random = new(options.Seed + (ulong)index);
    private Thread? _predecessor;
    private ulong _identity;
    private int _round;
    private int _at;

    /// <summary>The number of its first block.</summary>
    public required long FirstNumber { get; init; }

    /// <summary>How many blocks it allocated.</summary>
    public long Allocations { get; private set; }

    public void Start() => new Thread(Work, StackBytes) { IsBackground = true }.Start();

    /// <summary>The thread is gone; every other one said so itself.</summary>
    public void HandOn() => _heap.HandOn(_identity);

    private void Work()
    {
        bool goesOn = false;
        try
        {
            run.EnterThread();
            if (_predecessor is not null)
            {
                // What the collector would find some day.
                _predecessor.Join();
                _heap.HandOn(_identity);
            }

            goesOn = TakeSteps();
            if (!goesOn)
            {
                GiveBack();
                if ((index & 1) == 0)
                {
                    // While the others still send it mail.
                    _ = _heap.Detach();
                }
            }
        }
        catch (Exception e)
        {
            run.Break($"thread {index}: {e.GetType().Name}: {e.Message}");
        }

        if (goesOn)
        {
            return;
        }

        // Twice: what one thread reads out of its mail may be another's next.
        for (int i = 0; i < 2; i++)
        {
            run.Meet();
            try
            {
                if (!run.IsBroken)
                {
                    TakeCells();
                    _ = _heap.Settle();
                }
            }
            catch (Exception e)
            {
                run.Break($"thread {index}, at its end: {e.GetType().Name}: {e.Message}");
            }
        }

        run.Meet();
        _identity = ThreadIdentity.Current;
        run.Leave();
    }

    /// <summary>Takes all steps, or those up to the end of this thread.</summary>
    /// <returns>True if another thread goes on.</returns>
    private bool TakeSteps()
    {
        for (; _round < options.Rounds; _round++)
        {
            for (; _at < script.Length; _at++)
            {
                if (script[_at].Code != OpCode.MembufLeave)
                {
                    Take(script[_at]);
                }
                else if (_round % RoundsOfThread == 0)
                {
                    _at++;
                    _identity = ThreadIdentity.Current;
                    _predecessor = Thread.CurrentThread;
                    Start();
                    return true;
                }
            }

            _at = 0;
            if (run.IsBroken)
            {
                break;
            }
        }

        return false;
    }

    private void Take(Op op)
    {
        int slot = op.Register % RacingExecution.Slots;
        bool has = _references[slot] > 0;
        switch (op.Code)
        {
            case >= OpCode.MembufAlloc and <= OpCode.MembufAllocFunction or OpCode.MembufAllocLinked when !has:
                Allocate(op, slot);
                break;
            case OpCode.MembufRef when has:
                _ = Ref(slot, op.A);
                _references[slot]++;
                break;
            case OpCode.MembufDeref when has:
                Deref(slot, op.A);
                break;
            case OpCode.MembufDerefAll:
                DerefAll(slot);
                break;
            case OpCode.MembufSend when has:
                Send(slot, (int)(op.A % options.Membufs));
                break;
            case OpCode.MembufTake when !has:
                Receive(slot);
                break;
            case OpCode.MembufLook when has:
                Look(slot);
                break;
            case OpCode.MembufPause:
                Thread.SpinWait(_random.Below((int)op.A + 1));
                break;
            case OpCode.MembufSettle:
                _ = _heap.Settle();
                break;
            case OpCode.MembufDetach:
                _ = _heap.Detach();
                break;
            default:
                break;
        }
    }

    private void Allocate(Op op, int slot)
    {
        nuint size = (nuint)Math.Max(op.A, BlockStamp.Bytes);
        bool hasEnd = op.Code is not OpCode.MembufAlloc;
        long number = FirstNumber + Allocations++;
        if (hasEnd)
        {
            run.Expect(number);
        }

        nint block = op.Code switch
        {
            OpCode.MembufAllocFunction => _heap.Alloc(size, 0, RacingExecution.Function),
            _ when hasEnd => _heap.Alloc(size, 0, run.Policy),
            _ => _heap.Alloc(size),
        };
        int other = (int)(op.B % RacingExecution.Slots);
        bool linked = op.Code == OpCode.MembufAllocLinked && _references[other] > 0;
        BlockStamp.Write(block, number, linked ? _blocks[other] : 0);
        _references[other] -= linked ? 1 : 0;
        (_blocks[slot], _numbers[slot], _references[slot]) = (block, number, 1);
    }

    private long Ref(int slot, long form) => (form & 1) == 0 ? _heap.Ref(_blocks[slot]) : _heap.HandleOf(_blocks[slot]).Ref();

    private void Deref(int slot, long form)
    {
        RequireIntact(slot);
        nint block = _blocks[slot];
        MembufRef handle = form < 2 ? default : _heap.HandleOf(block);
        bool last = _references[slot] == 1 && !handle.IsNone && handle.IsUnique;
        _references[slot]--;
        _ = (form & 1) == 0 || handle.IsNone ? _heap.Deref(block) : handle.Deref();
        if (last)
        {
            // Gone for good, whatever has its place by now.
            Exception? thrown = Catch(() => handle.Ref());
            Require(thrown is StaleReferenceException or FinalizingBlockException, $"a reference by the handle of block {_numbers[slot]}, which has ended, gave {thrown?.ToString() ?? "no exception"}");
        }
    }

    private void DerefAll(int slot)
    {
        while (_references[slot] > 0)
        {
            Deref(slot, _references[slot] & 3);
        }
    }

    private void Send(int slot, int thread)
    {
        RequireIntact(slot);

        // Before it is another's: whoever takes it may end it.
        _references[slot]--;
        if (!run.TrySend(thread, slot, _blocks[slot]))
        {
            _references[slot]++;
        }
    }

    private void Receive(int slot)
    {
        nint block = run.TakeFrom(index, slot);
        if (block == 0)
        {
            return;
        }

        Require(BlockStamp.TryRead(block, out long number), $"0x{block:x} was received, and has contents that are no block's");
        (_blocks[slot], _numbers[slot], _references[slot]) = (block, number, 1);
    }

    private void Look(int slot)
    {
        RequireIntact(slot);
        nint block = _blocks[slot];
        Same(block, _heap.HandleOf(block).Block, "the address of a block in a handle of it");
        Require(_references[slot] == 1 || !_heap.IsUnique(block), $"block {_numbers[slot]} has one reference, and this thread has {_references[slot]}");
    }

    private void RequireIntact(int slot) =>
        Require(BlockStamp.TryRead(_blocks[slot], out long number) && number == _numbers[slot], $"the contents of block {_numbers[slot]} changed under a reference");

    private void GiveBack()
    {
        for (int slot = 0; slot < RacingExecution.Slots; slot++)
        {
            DerefAll(slot);
        }
    }

    private void TakeCells()
    {
        for (int slot = 0; slot < RacingExecution.Slots; slot++)
        {
            Receive(slot);
            DerefAll(slot);
        }
    }
}
