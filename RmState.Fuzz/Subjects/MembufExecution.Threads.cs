using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Membufs;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>Threads that read their mail, hand their memory on and go; and the heap's end.</content>
internal sealed unsafe partial class MembufExecution
{
    private void Thread(Op op)
    {
        switch (op.Code)
        {
            case OpCode.MembufSettle:
                Settle();
                break;
            case OpCode.MembufDetach:
                Detach();
                break;
            case OpCode.MembufLeave:
                Leave();
                break;
            default:
                DisposeHeap();
                break;
        }
    }

    private void Settle()
    {
        bool had = false;
        if (_heap.IsDisposed)
        {
            RequireDisposed(Catch(() => _ = _heap.Settle()));
        }
        else if (Ending(() => (had = _heap.Settle()) ? 1 : 0) != Thrown)
        {
            Same(_hasHome[_current], had, "whether the thread had something to settle");
        }
    }

    private void Detach()
    {
        bool had = false;
        if (_heap.IsDisposed)
        {
            RequireDisposed(Catch(() => _ = _heap.Detach()));
            return;
        }

        bool known = _hasHome[_current];
        _hasHome[_current] = false;
        _orphans += known ? 1 : 0;
        if (Ending(() => (had = _heap.Detach()) ? 1 : 0) != Thrown)
        {
            Same(known, had, "whether the thread had memory");
        }
    }

    // The thread ends without a word. What the collector would find some day is done at once, and another takes its place.
    private void Leave()
    {
        if (_threads[_current] is not { } thread)
        {
            return;
        }

        ulong identity = 0;
        thread.Run(() => identity = ThreadIdentity.Current);
        thread.Dispose();
        _threads[_current] = new BatonThread();
        _heap.HandOn(identity);
        if (_hasHome[_current] && !_heap.IsDisposed)
        {
            _hasHome[_current] = false;
            _orphans++;
        }
    }

    // The first allocation of a thread makes a home or adopts one; it stays if there was no memory for the block.
    private void MeetHome(bool known, bool certain)
    {
        if (known || _hasHome[_current])
        {
            return;
        }

        if (certain || _heap.Statistics.Threads > _hasHome.Count(static has => has))
        {
            _hasHome[_current] = true;
            _orphans = Math.Max(_orphans - 1, 0);
        }
    }

    private void DisposeHeap()
    {
        if (!_heap.IsDisposed && _options.Policy == RmDisposePolicy.ThrowIfLive && _model.Live.Count > 0)
        {
            Exception? thrown = Catch(_heap.Dispose);
            Require(thrown is LiveBlocksException, $"disposing a heap with {_model.Live.Count} blocks gave {Name(thrown)}");
            Require(!_heap.IsDisposed, "a heap was disposed though blocks live");
            return;
        }

        // Their onFree runs now, or never.
        foreach (MembufBlock block in _model.Live.ToArray())
        {
            Require(BlockPattern.IsIntact(block.Address, (long)block.Size, block.Pattern), $"the contents of {block} changed");
            block.IsEnding = block.HasEnd && _options.Policy == RmDisposePolicy.Free;
            _model.End(block);
            if (!block.IsEnding)
            {
                _model.Remove(block);
            }
        }

        _disposing = true;
        _ = Ending(() =>
        {
            _heap.Dispose();
            return 0;
        });
        Same(0, _model.Ending, "the number of blocks that a disposal did not end");
        Require(_heap.IsDisposed && _heap.ToString() is { Length: > 0 }, "the heap is not disposed");
        RequireDisposed(Catch(_heap.Verify));
        RequireDisposed(Catch(() => _ = _heap.GetReport()));
    }

    private static void RequireDisposed(Exception? thrown) =>
        Require(thrown is ObjectDisposedException, $"a disposed heap gave {Name(thrown)}");
}
