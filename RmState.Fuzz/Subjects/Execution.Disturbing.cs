using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>What goes wrong around a state: no memory, and allocators or owners that misbehave.</content>
internal sealed unsafe partial class Execution
{
    private void Disturb(Op op)
    {
        switch (op.Code)
        {
            case OpCode.FailAllocator:
                _region?.FailAfter((int)op.A);
                _memory?.FailAfter((int)op.A);
                break;
            case OpCode.FailTable:
                _lossy = true;
                _table?.FailAfter((int)op.A);
                break;
            case OpCode.TableDown or OpCode.TableUp:
                if (_table is not null)
                {
                    _lossy = true;
                    _table.Down = op.Code == OpCode.TableDown;
                }

                break;
            case OpCode.Reenter:
                Reenter(op);
                break;
            default:
                ReuseBehind(op.Register);
                break;
        }
    }

    // The allocator calls back into the state that called it.
    private void Reenter(Op op)
    {
        if (_region is null || IsLive(op.Register))
        {
            return;
        }

        _region.Intrusion = () => Intrude((int)op.A);
        Allocate(new Op(OpCode.Malloc, op.Register, 24));
        if (_region.Intrusion is not null)
        {
            // Without room in the table the allocator need not be asked.
            Require(_table is { Failed: true } or { Down: true }, "RmMalloc did not call its allocator");
            _region.Intrusion = null;
        }
    }

    private void Intrude(int form)
    {
        nint block = _model.Live.Count > 0 ? _model.Live[^1].Address : 16;
        Exception? thrown = Catch(() =>
        {
            switch (form % 4)
            {
                case 0:
                    _state.RmMalloc(8);
                    break;
                case 1:
                    _state.RmRetain(block);
                    break;
                case 2:
                    _state.RmRelease(block);
                    break;
                default:
                    _state.Dispose();
                    break;
            }
        });
        if (thrown is ConcurrentUseException)
        {
            _model.Totals.Violations++;
        }
        else
        {
            _fault ??= $"an allocator that calls back got {thrown?.GetType().Name ?? "no exception"}";
        }
    }

    private void TakeBack(ModelBlock block)
    {
        if (_region is null)
        {
            _state.RmDetach(block.Address, _file, _line);
            _model.Detach(block);
            return;
        }

        _region.TakeBack(block.Address, block.MemorySize);
        _model.BackAgain(block);
        BlockPattern.Fill(block.Address, block.MemorySize, block.Pattern);
    }

    // A block is freed behind the state's back, and its address handed out again while the state still tracks it.
    private void ReuseBehind(int register)
    {
        nint block = Register(register);
        if (_options.Allocator == AllocatorKind.PassThrough || !_model.TryFindLive(block, out ModelBlock? known) || known.Kind != BlockKind.Allocated || known.Alignment != 0)
        {
            return;
        }

        if (_options.Allocator == AllocatorKind.Arena)
        {
            FreeCounted(known);
            return;
        }

        long size = known.MemorySize;
        FreeMemory(known);
        _model.GoneBehind(known);

        // Another register, so that the old one does not stand in the way.
        int fresh = RegisterLimit;
        Allocate(new Op(OpCode.TryMalloc, fresh, size));
        if (_model.TryFindLive(block, out ModelBlock? now) && ReferenceEquals(now, known))
        {
            // The allocator chose another address, or had none: the stale entry must not be freed once more.
            TakeBack(known);
        }
    }
}
