using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <content>The end of a program: everything compared, the state disposed by its policy, nothing left anywhere.</content>
internal sealed unsafe partial class Execution
{
    public void Finish()
    {
        _current = this;
        try
        {
            CompareEverything();
            bool disposed = Empty(_state.Dispose);
            if (!disposed)
            {
                Require(!_state.IsDisposed, "a refused Dispose disposed the state");
                CompareEverything();
                DetachEverything();
                Require(Empty(_state.Dispose), "an empty state was not disposed");
            }

            CompareDisposed();
            _finished = true;
        }
        catch (MismatchException)
        {
            throw;
        }
        catch (Exception e)
        {
            throw new MismatchException($"unexpected {e.GetType().Name}: {e.Message}", e);
        }
    }

    private void DetachEverything()
    {
        while (_model.Live.Count > 0)
        {
            ModelBlock block = _model.Live[^1];
            DetachAt(block.Address, new Op(OpCode.Detach));
        }

        CompareEverything();
    }

    private void CompareDisposed()
    {
        RequireNoFault();
        Require(_state.IsDisposed, "Dispose did not dispose");
        _state.Dispose();
        Same(StateName, _state.Name, "the name of a disposed state");
        Require(_state.ToString() is { Length: > 0 }, "a disposed state has no text");
        Same(0L, _state.Statistics.LiveBlocks, "the live blocks of a disposed state");
        nint some = Register(0);
        Refused<ObjectDisposedException>(Catch(() => _state.RmMalloc(8)), "RmMalloc after Dispose", 0);
        Refused<ObjectDisposedException>(Catch(() => _state.RmAttach(16, _deallocator)), "RmAttach after Dispose", 0);
        Refused<ObjectDisposedException>(Catch(() => _state.RmRetain(some == 0 ? 16 : some)), "RmRetain after Dispose", 0);
        Refused<ObjectDisposedException>(Catch(() => _state.RmRelease(some == 0 ? 16 : some)), "RmRelease after Dispose", 0);
        Same(0, _region?.LiveBlocks ?? 0, "the number of leaked blocks");
        Same(0, _table?.Areas ?? 0, "the number of leaked table areas");
        EndArena();
    }
}
