using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Membufs;

namespace Rm.Fuzz.Subjects;

/// <content>Blocks that come, and their references.</content>
internal sealed unsafe partial class MembufExecution
{
    // More than any system has: refused without a call.
    private const ulong SurelyImpossible = 1UL << 45;
    private const int Forms = 4;

    private void Change(Op op)
    {
        MembufBlock? block = Register(op.Register);
        switch (op.Code)
        {
            case >= OpCode.MembufAlloc and <= OpCode.MembufAllocFunction when block is not ({ Count: > 0 } or { IsEnding: true }):
                Allocate(op);
                break;
            case OpCode.MembufRef:
                Ref(block, (int)((ulong)op.A % Forms));
                break;
            case OpCode.MembufDeref:
                Deref(block, (int)((ulong)op.A % Forms));
                break;
            case OpCode.MembufDerefAll when block is { Count: > 0 }:
                DerefAll(block);
                break;
            case OpCode.MembufPreset when block is { Count: > 0, Preset: 0 }:
                Preset(block, op.A);
                break;
            case OpCode.MembufReact when block is { Count: > 0 }:
                block.End = (MembufEnd)((ulong)op.A % (ulong)Enum.GetValues<MembufEnd>().Length);
                block.EndRegister = (int)op.B;
                break;
            default:
                break;
        }
    }

    private void Allocate(Op op)
    {
        nuint size = (nuint)op.A;
        nuint alignment = (nuint)op.B;
        bool known = _hasHome[_current];
        nint address = 0;
        MembufRef handle = default;
        Exception? thrown = Catch(() => Ending(() =>
        {
            switch (op.Code)
            {
                case OpCode.MembufAlloc when alignment == 0:
                    address = _heap.Alloc(size);
                    break;
                case OpCode.MembufAlloc:
                    address = _heap.Alloc(size, alignment);
                    break;
                case OpCode.MembufTryAlloc:
                    Same(_heap.TryAlloc(size, out address, alignment), address != 0, "whether TryAlloc gave a block");
                    break;
                case OpCode.MembufAllocRef:
                    handle = alignment == 0 ? _heap.AllocRef(size) : _heap.AllocRef(size, alignment, _policy);
                    address = handle.Block;
                    break;
                case OpCode.MembufAllocEnding:
                    address = _heap.Alloc(size, alignment, _policy);
                    break;
                default:
                    address = _heap.Alloc(size, 0, &AtEndOfBlock);
                    break;
            }

            return 0L;
        }));

        if (_heap.IsDisposed)
        {
            Require(thrown is ObjectDisposedException, $"allocating on a disposed heap gave {Name(thrown)}");
            return;
        }

        if (address == 0)
        {
            Require(thrown is OutOfMemoryException || (thrown is null && op.Code == OpCode.MembufTryAlloc), $"allocating {size} bytes gave {Name(thrown)}");
            Require(_memory.Refused != MemoryCalls.None || size >= SurelyImpossible || _options.Limit != 0, $"no memory for {size} bytes, though nothing failed");
            MeetHome(known, certain: false);
            return;
        }

        Require(thrown is null, $"allocating {size} bytes gave {Name(thrown)}");
        MeetHome(known, certain: true);
        Begin(op, address, handle.IsNone ? _heap.HandleOf(address) : handle);
    }

    private void Begin(Op op, nint address, MembufRef handle)
    {
        nuint size = (nuint)op.A;
        MembufBlock block = new()
        {
            Address = address,
            Size = size,
            Register = op.Register,
            Handle = handle,
            Pattern = ++_patterns,
            HasEnd = op.Code is OpCode.MembufAllocEnding or OpCode.MembufAllocFunction || (op.Code == OpCode.MembufAllocRef && op.B != 0),
        };
        nuint alignment = op.Code == OpCode.MembufAllocFunction ? 16 : nuint.Max((nuint)op.B, 16);
        Require((nuint)address % alignment == 0, $"{block} is not aligned to {alignment}");
        Require(_model.TryAdd(block), $"the new {block} lies where another is");
        SetRegister(block);
        BlockPattern.Fill(address, (long)size, block.Pattern);
        Same(size, _heap.SizeOf(address), "the size of a new block");
        Same(1L, _heap.RefCount(address), "the count of a new block");
    }

    private void Ref(MembufBlock? block, int form)
    {
        if (block is not { Count: > 0 })
        {
            RefGone(block, form);
            return;
        }

        long count = 0;
        Exception? thrown = Catch(() => count = form switch
        {
            0 or 1 => _heap.Ref(block.Address),
            2 => _heap.TryRef(block.Address, out long tried) ? tried : -1,
            _ => block.Handle.Ref(),
        });
        if (block.Count == uint.MaxValue)
        {
            Require(form == 2 ? thrown is null && count == -1 : thrown is OverflowException, $"a reference too many of {block} gave {Name(thrown)}, {count}");
            return;
        }

        Require(thrown is null, $"a reference of {block} gave {Name(thrown)}");
        block.Count++;
        _model.References++;
        Same(block.Count, count, "the count after a reference");
    }

    private void Deref(MembufBlock? block, int form)
    {
        if (block is not { Count: > 0 })
        {
            DerefGone(block, form);
            return;
        }

        long expected = --block.Count;
        _model.Releases++;
        if (expected == 0)
        {
            Require(BlockPattern.IsIntact(block.Address, (long)block.Size, block.Pattern), $"the contents of {block} changed");
            block.IsEnding = block.HasEnd;
            _model.End(block);
        }

        nint variable = block.Address;
        long remaining = Ending(() => form switch
        {
            0 => _heap.Deref(block.Address),
            1 => _heap.Deref(ref variable),
            2 => _heap.TryDeref(block.Address, out long tried) ? tried : -1,
            _ => block.Handle.Deref(),
        });
        Require(form != 1 || variable == 0, "a variable still has the block whose reference it gave back");
        if (remaining != Thrown)
        {
            Same(expected, remaining, "the count after a release");
        }
    }

    private void DerefAll(MembufBlock block)
    {
        if (block.Preset != 0)
        {
            Add(block, -Math.Min(block.Preset, block.Count - 1));
        }

        while (block.Count > 0)
        {
            Deref(block, (int)(block.Count % Forms));
        }
    }

    // As if so many references had been taken: only where all are counted in one place.
    private void Preset(MembufBlock block, long count)
    {
        MembufRecord* record = HeapHead.Find(_heap.Head, block.Address);
        if (!_options.PassThrough && !_options.CountsReferences && (record->Tag & MembufRecord.OwnerMask) == MembufRecord.Shared && count > block.Count)
        {
            Add(block, Math.Min(count, uint.MaxValue) - block.Count);
        }
    }

    private void Add(MembufBlock block, long count)
    {
        MembufShare* share = RecordChunk.ShareOf(HeapHead.Find(_heap.Head, block.Address));
        Interlocked.Add(ref share->Word, MembufShare.Change + count);
        block.Preset += count;
        block.Count += count;
        Same(block.Count, _heap.RefCount(block.Address), "the count of many");
    }

    private static string Name(Exception? thrown) => thrown is null ? "no exception" : $"{thrown.GetType().Name} ({thrown.Message})";
}
