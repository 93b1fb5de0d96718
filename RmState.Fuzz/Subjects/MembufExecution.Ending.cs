using System.Runtime.InteropServices;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <content>What is called at the end of blocks.</content>
internal sealed unsafe partial class MembufExecution
{
    /// <summary>Instead of a count where an onFree threw.</summary>
    private const long Thrown = long.MinValue;

    [ThreadStatic]
    private static MembufExecution? _ofThread;

    private int _thrown;
    private int _depth;
    private bool _disposing;

    /// <summary>Does something that may end blocks: what their onFree threw comes out when all have ended.</summary>
    private long Ending(Func<long> call)
    {
        long result;
        try
        {
            result = call();
        }
        catch (Exception e) when (_thrown > 0 && e is DeliberateException or AggregateException)
        {
            Same(_thrown, e is AggregateException several ? several.InnerExceptions.Count : 1, "the number of exceptions that came out");
            _thrown = 0;
            return Thrown;
        }

        Require(_thrown == 0 || _depth > 0, $"{_thrown} exceptions of onFree did not come out");
        return result;
    }

    [UnmanagedCallersOnly]
    private static void AtEndOfBlock(nint block)
    {
        MembufExecution run = _ofThread!;
        run.End(block, null, throws: false);
    }

    private void AtEnd(nint block, nuint size) => End(block, size, throws: true);

    private void End(nint address, nuint? size, bool throws)
    {
        _depth++;
        MembufEnd end = MembufEnd.None;
        try
        {
            end = Meet(address, size);
        }
        catch (MismatchException e)
        {
            // The heap would keep it until all blocks have ended.
            _fault ??= e.Message;
        }

        _depth--;
        if (throws && end is MembufEnd.Throw or MembufEnd.DerefAndThrow)
        {
            _thrown++;
            throw new DeliberateException("thrown at a block's end");
        }
    }

    private MembufEnd Meet(nint address, nuint? size)
    {
        if (!_model.TryFind(address, out MembufBlock? block) || !block.IsEnding)
        {
            throw new MismatchException($"an onFree ran for 0x{address:x}, where no block has ended");
        }

        block.IsEnding = false;
        Require(ReferenceEquals(_ofThread, this), $"the onFree of {block} runs on a thread that released nothing");
        Require(size is null || size == block.Size, $"the onFree of {block} was told {size} bytes");
        MembufEnd end = block.End;
        if (_disposing)
        {
            ReactToDisposal(block, end);
        }
        else
        {
            React(block, end);
        }

        Require(BlockPattern.IsIntact(address, (long)block.Size, block.Pattern), $"the contents of {block} changed before its end");
        _model.Remove(block);
        return end;
    }

    // All blocks have ended; what they would release has ended too.
    private void ReactToDisposal(MembufBlock block, MembufEnd end)
    {
        if (end is MembufEnd.Deref or MembufEnd.DerefAndThrow && Register(block.EndRegister) is { IsEnding: true } other)
        {
            Same(0L, _heap.Deref(other.Address), "the count after a release in a disposal");
        }
        else if (end == MembufEnd.Allocate)
        {
            AllocateMeanwhile(block);
        }
    }

    private void React(MembufBlock block, MembufEnd end)
    {
        Same(0L, _heap.RefCount(block.Address), "the count of a block in its onFree");
        Require(!_heap.IsLive(block.Address) && !block.Handle.IsAlive, $"{block} lives in its own onFree");
        switch (end)
        {
            case MembufEnd.Deref or MembufEnd.DerefAndThrow when Register(block.EndRegister) is { Count: > 0 } other:
                Deref(other, block.EndRegister % Forms);
                break;
            case MembufEnd.Ref when Register(block.EndRegister) is { Count: > 0 } other:
                Ref(other, block.EndRegister % Forms);
                break;
            case MembufEnd.Allocate:
                AllocateMeanwhile(block);
                break;
            case MembufEnd.RefSelf:
                RefGone(block, block.Register % Forms);
                break;
            case MembufEnd.DerefSelf:
                DerefGone(block, block.Register % Forms);
                break;
            case MembufEnd.Settle:
                Settle();
                break;
            case MembufEnd.Detach:
                Detach();
                break;
            case MembufEnd.Verify:
                _heap.Verify();
                break;
            case MembufEnd.SettleElsewhere:
                SettleElsewhere(block);
                break;
            default:
                break;
        }
    }

    // Of the same size, so that it takes the same place if that is free too early.
    private void AllocateMeanwhile(MembufBlock block)
    {
        for (int i = 0; i < 3; i++)
        {
            Allocate(new Op(OpCode.MembufAlloc, RegisterLimit, (long)block.Size));
        }
    }

    private void SettleElsewhere(MembufBlock block)
    {
        int before = _current;
        for (int i = 1; i < _threads.Length; i++)
        {
            if (i != before && _threads[i] is { IsBusy: false } thread)
            {
                _current = i;
                thread.Run(() =>
                {
                    _ofThread = this;
                    Settle();
                    AllocateMeanwhile(block);
                });
            }
        }

        _current = before;
    }
}
