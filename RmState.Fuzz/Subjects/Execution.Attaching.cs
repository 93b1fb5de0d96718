using System.Runtime.InteropServices;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>Blocks that somebody else allocated.</content>
internal sealed unsafe partial class Execution
{
    private void Attach(Op op)
    {
        switch (op.Code)
        {
            case <= OpCode.AttachOrRetainHeap:
                AttachHeap(op);
                break;
            case OpCode.AttachNext:
                AttachNext(op);
                break;
            case >= OpCode.AttachAgain:
                AttachAgain(op);
                break;
            default:
                AttachInvented(op);
                break;
        }
    }

    private void AttachHeap(Op op)
    {
        if (IsLive(op.Register))
        {
            return;
        }

        if (_options.Allocator == AllocatorKind.Arena && (op.A & 1) == 0)
        {
            AttachOwn(op);
            return;
        }

        long size = op.A;
        nint block = (nint)NativeMemory.Alloc((nuint)size);
        if (_model.Find(block) is not null)
        {
            // libc reused an address that a program invented: attaching it is another step's business.
            NativeMemory.Free((void*)block);
            return;
        }

        ForgetFailures();
        bool done = true;
        Exception? thrown = Catch(() => done = CallAttachHeap(op.Code, block, size, IsRaw(op)));
        if (thrown is OutOfMemoryException || !done)
        {
            NativeMemory.Free((void*)block);
            RequireReason(0);
            Same(op.Code == OpCode.TryAttachHeap, thrown is null, "a failed attach without an exception");
            return;
        }

        Require(thrown is null, $"attaching gave {thrown?.GetType().Name}: {thrown?.Message}");
        long known = op.Code == OpCode.AttachHeapSized ? size : ModelBlock.UnknownSize;
        Attached(op.Register, new ModelBlock
        {
            Address = block,
            Count = 1,
            Size = known,
            MemorySize = size,
            Kind = BlockKind.Heap,
            Pattern = ++_patterns,
            Register = op.Register,
        });
        BlockPattern.Fill(block, size, _patterns);
    }

    private bool CallAttachHeap(OpCode code, nint block, long size, bool raw)
    {
        switch (code)
        {
            case OpCode.TryAttachHeap:
                return _state.RmTryAttach(block, _file, _line);
            case OpCode.AttachOrRetainHeap:
                Same(1, raw ? _state.RmAttachOrRetain((void*)block, _file, _line) : _state.RmAttachOrRetain(block, _file, _line), "RmAttachOrRetain");
                return true;
            case OpCode.AttachHeapSized:
                if (raw)
                {
                    _state.RmAttach((void*)block, (nuint)size, _file, _line);
                }
                else
                {
                    _state.RmAttach(block, (nuint)size, _file, _line);
                }

                return true;
            default:
                if (raw)
                {
                    _state.RmAttach((void*)block, _file, _line);
                }
                else
                {
                    _state.RmAttach(block, _file, _line);
                }

                return true;
        }
    }

    private void Attached(int register, ModelBlock block)
    {
        _model.Attach(block);
        SetRegister(register, block.Address);
    }

    // The address that the allocator will give out next: the state must then notice that it is still tracked.
    private void AttachNext(Op op)
    {
        nint next = _region?.Peek(op.A) ?? 0;
        if (next != 0)
        {
            AttachInvented(new Op(OpCode.AttachDelegate, op.Register, next, op.A));
        }
    }

    private void AttachInvented(Op op)
    {
        nint address = (nint)op.A;
        ModelBlock? known = address == 0 ? null : _model.Find(address);
        if (known is null && _options.Allocator == AllocatorKind.Arena && _heap!.Contains(address))
        {
            AttachInHeap(op);
            return;
        }

        if ((IsLive(op.Register) || _memory?.Holds(address) == true) && known is null)
        {
            // What may become the arena's memory is the heap's to give.
            return;
        }

        ForgetFailures();
        long count = 0;
        bool done = true;
        Exception? thrown = Catch(() => done = CallAttachInvented(op, out count));
        if (thrown is OutOfMemoryException || (!done && address != 0 && known is null))
        {
            Require(address != 0 && known is not { Finalizing: true }, "attaching what cannot be attached needed memory");
            RequireReason(0);
            Same(op.Code == OpCode.TryAttachDelegate, thrown is null, "a failed attach without an exception");
        }
        else if (known is null && address != 0)
        {
            Require(thrown is null, $"attaching gave {thrown?.GetType().Name}: {thrown?.Message}");
            Same(1, count, "the count of a new attachment");
            Attached(op.Register, new ModelBlock
            {
                Address = address,
                Count = 1,
                Size = op.B < 0 ? ModelBlock.UnknownSize : op.B,
                Kind = KindOf(op.Code),
                Register = op.Register,
            });
        }
        else
        {
            AttachRefused(op.Code, address, thrown, done, count);
        }
    }

    private static BlockKind KindOf(OpCode code) => code switch
    {
        OpCode.AttachFunction => BlockKind.Function,
        OpCode.AttachFunctionContext => BlockKind.FunctionContext,
        _ => BlockKind.Delegate,
    };

    private bool CallAttachInvented(Op op, out long count)
    {
        nint block = (nint)op.A;
        nuint? size = op.B < 0 ? null : (nuint)op.B;
        bool raw = IsRaw(op);
        count = 1;
        switch (op.Code)
        {
            case OpCode.TryAttachDelegate:
                return _state.RmTryAttach(block, _deallocator, size, _file, _line);
            case OpCode.AttachOrRetainDelegate:
                count = raw ? _state.RmAttachOrRetain((void*)block, _deallocator, size, _file, _line) : _state.RmAttachOrRetain(block, _deallocator, size, _file, _line);
                return true;
            case OpCode.AttachFunction:
                _state.RmAttach(block, &OnFunction, size, _file, _line);
                return true;
            case OpCode.AttachFunctionContext:
                _state.RmAttach(block, &OnFunctionWithContext, ContextOf(block), size, _file, _line);
                return true;
            default:
                if (raw)
                {
                    _state.RmAttach((void*)block, _deallocator, size, _file, _line);
                }
                else
                {
                    _state.RmAttach(block, _deallocator, size, _file, _line);
                }

                return true;
        }
    }

    // The same calls for a block that is tracked already; for others they would hand libc an address it does not know.
    private void AttachAgain(Op op)
    {
        nint block = Register(op.Register);
        if (block == 0 || _model.Find(block) is null)
        {
            return;
        }

        bool done = true;
        long count = 0;
        Exception? thrown = Catch(() =>
        {
            switch (op.Code)
            {
                case OpCode.TryAttachAgain:
                    done = _state.RmTryAttach(block, _file, _line);
                    break;
                case OpCode.AttachOrRetainAgain:
                    count = IsRaw(op) ? _state.RmAttachOrRetain((void*)block, _file, _line) : _state.RmAttachOrRetain(block, _file, _line);
                    break;
                default:
                    _state.RmAttach(block, _file, _line);
                    break;
            }
        });
        OpCode form = op.Code switch
        {
            OpCode.TryAttachAgain => OpCode.TryAttachDelegate,
            OpCode.AttachOrRetainAgain => OpCode.AttachOrRetainDelegate,
            _ => OpCode.AttachDelegate,
        };
        AttachRefused(form, block, thrown, done, count);
    }

    // Null, a live block (which RmAttachOrRetain retains) or a finalizing one.
    private void AttachRefused(OpCode form, nint block, Exception? thrown, bool done, long count)
    {
        bool live = _model.TryFindLive(block, out ModelBlock? known);
        if (form == OpCode.TryAttachDelegate)
        {
            Require(thrown is null && !done, $"RmTryAttach of 0x{block:x} gave {thrown?.GetType().Name ?? "true"}");
        }
        else if (form == OpCode.AttachOrRetainDelegate && live && known!.Count == long.MaxValue)
        {
            Refused<OverflowException>(thrown, "RmAttachOrRetain", block);
        }
        else if (form == OpCode.AttachOrRetainDelegate && live)
        {
            Require(thrown is null, $"RmAttachOrRetain gave {thrown?.GetType().Name}: {thrown?.Message}");
            _model.Retain(known!);
            Same(known!.Count, count, "the count of RmAttachOrRetain");
        }
        else if (live)
        {
            Refused<AlreadyTrackedException>(thrown, "RmAttach", block);
        }
        else
        {
            RefusedAsUnknown(thrown, "RmAttach", block);
        }
    }
}
