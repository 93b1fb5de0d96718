using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>Lookups and refusals: nothing changes.</content>
internal sealed unsafe partial class MembufExecution
{
    private void Look(Op op)
    {
        switch (op.Code)
        {
            case OpCode.MembufLook when Register(op.Register) is { } block:
                LookAt(block);
                break;
            case OpCode.MembufStray when Register(op.Register) is { } block:
                Stray(block.Address + (nint)op.A);
                break;
            case OpCode.MembufStrayAt:
                Stray((nint)op.A);
                break;
            case OpCode.MembufVerify:
                CompareEverything();
                break;
            case OpCode.MembufReport when !_heap.IsDisposed:
                CompareReport();
                break;
            default:
                break;
        }
    }

    private void LookAt(MembufBlock block)
    {
        if (block.Count == 0)
        {
            Require(!block.Handle.IsAlive, $"the handle of {block} is alive");
            RefGone(block, 3);
            DerefGone(block, 3);
            return;
        }

        Same(block.Count, _heap.RefCount(block.Address), "the count of a block");
        Same(block.Count, block.Handle.RefCount, "the count of a handle's block");
        Same(block.Count == 1, _heap.IsUnique(block.Address), "whether a block has one reference");
        Same(block.Count == 1, block.Handle.IsUnique, "whether a handle's block has one reference");
        Same(block.Size, _heap.SizeOf(block.Address), "the size of a block");
        Same(block.Size, block.Handle.Size, "the size of a handle's block");
        Same(block.Address, block.Handle.Block, "the address of a handle's block");
        Require(_heap.IsLive(block.Address) && block.Handle.IsAlive && _heap.HandleOf(block.Address) == block.Handle, $"{block} does not live");
        Require(BlockPattern.IsIntact(block.Address, (long)block.Size, block.Pattern), $"the contents of {block} changed");
    }

    // An address where no membuf begins, or none any more.
    private void Stray(nint address)
    {
        if (_model.TryFind(address, out _))
        {
            return;
        }

        Require(!_heap.IsLive(address), $"a membuf lives at 0x{address:x}");
        for (int form = 0; form < 3; form++)
        {
            RefAt(address, form);
            DerefAt(address, form);
        }

        Exception? thrown = Catch(() => _ = _heap.HandleOf(address).IsAlive ? throw new MismatchException($"a handle of 0x{address:x} is alive") : 0);
        Require(thrown is null or ArgumentNullException or ObjectDisposedException or UntrackedPointerException, $"a handle of 0x{address:x} gave {Name(thrown)}");
    }

    // Its last reference was given back: by address it is refused unless another is there, by its handle always.
    private void RefGone(MembufBlock? block, int form)
    {
        if (block is not null && form == 3)
        {
            RequireStale(Catch(() => block.Handle.Ref()), $"a reference by a handle of {block}");
        }
        else if (block is null || !_model.TryFind(block.Address, out MembufBlock? there) || ReferenceEquals(there, block))
        {
            RefAt(block?.Address ?? 0, form);
        }
    }

    private void DerefGone(MembufBlock? block, int form)
    {
        if (block is not null && form == 3)
        {
            RequireStale(Catch(() => block.Handle.Deref()), $"a release by a handle of {block}");
        }
        else if (block is null || !_model.TryFind(block.Address, out MembufBlock? there) || ReferenceEquals(there, block))
        {
            DerefAt(block?.Address ?? 0, form);
        }
    }

    private void RefAt(nint address, int form)
    {
        long count = 0;
        Exception? thrown = Catch(() => count = form == 2 ? (_heap.TryRef(address, out long tried) ? tried : -1) : _heap.Ref(address));
        bool refused = form == 2 ? thrown is null && count == -1
            : address == 0 ? thrown is ArgumentNullException
            : thrown is UntrackedPointerException or FinalizingBlockException || (thrown is ObjectDisposedException && _heap.IsDisposed);
        Require(refused, $"a reference of 0x{address:x}, where no membuf lives, gave {Name(thrown)}, {count}");
    }

    private void DerefAt(nint address, int form)
    {
        long count = 0;
        nint variable = address;
        Exception? thrown = Catch(() => count = form switch
        {
            1 => _heap.Deref(ref variable),
            2 => _heap.TryDeref(address, out long tried) ? tried : -1,
            _ => _heap.Deref(address),
        });
        bool refused = form == 2 ? thrown is null && count == -1
            : address == 0 ? thrown is null && count == 0
            : thrown is UntrackedPointerException or DoubleFreeException or FinalizingBlockException || (thrown is ObjectDisposedException && _heap.IsDisposed);
        Require(refused, $"a release of 0x{address:x}, where no membuf lives, gave {Name(thrown)}, {count}");
        Require(variable == address || _heap.IsDisposed, "a variable was cleared though nothing was given back");
    }

    private void RequireStale(Exception? thrown, string what) =>
        Require(
            thrown is StaleReferenceException or FinalizingBlockException || (thrown is ObjectDisposedException && _heap.IsDisposed),
            $"{what} gave {Name(thrown)}");
}
