using System.Diagnostics.CodeAnalysis;

namespace Rm.Fuzz.Models;

/// <summary>
/// What a state should hold and count, in a plain dictionary and a list: obviously right rather than fast. Every public
/// operation is one short method here.
/// </summary>
internal sealed class StateModel(SiteModel sites)
{
    private readonly Dictionary<nint, ModelBlock> _blocks = [];
    private readonly List<ModelBlock> _live = [];

    public IReadOnlyList<ModelBlock> Live => _live;

    public ModelTotals Totals { get; private set; } = new();

    /// <summary>What is recorded beyond counts.</summary>
    public SiteModel Sites { get; } = sites;

    /// <summary>Live blocks that lie in the checking allocator, if the state uses one.</summary>
    public int Allocated { get; private set; }

    /// <summary>A live or finalizing block.</summary>
    public ModelBlock? Find(nint address) => _blocks.GetValueOrDefault(address);

    public bool TryFindLive(nint address, [NotNullWhen(true)] out ModelBlock? block) =>
        _blocks.TryGetValue(address, out block) && !block.Finalizing;

    public void Allocate(ModelBlock block)
    {
        Totals.Allocations++;
        Add(block);
        Sites.Born(block, RmOperation.Allocate);
    }

    public void Attach(ModelBlock block)
    {
        Totals.Attaches++;
        Add(block);
        Sites.Born(block, RmOperation.Attach);
    }

    public void Retain(ModelBlock block, long times = 1)
    {
        block.Count += times;
        Totals.Retains += times;
        Sites.Retained(block, times);
    }

    /// <summary>One reference more, with a name.</summary>
    public void Hold(ModelHold hold)
    {
        hold.Block.Count++;
        hold.Block.Holds.Add(hold);
        Totals.Retains++;
        Sites.Held(hold.Block, RmOperation.Retain, hold.Site);
    }

    /// <summary>The reference that a holder has, and no other, is given back.</summary>
    public void EndHold(ModelHold hold)
    {
        hold.Ended = true;
        hold.Block.Holds.Remove(hold);
        if (hold.Block.Count > 1)
        {
            Totals.Releases++;
            hold.Block.Count--;
            Sites.Held(hold.Block, RmOperation.Release, hold.Site);
        }
        else
        {
            ReleaseLast(hold.Block, hold.Site);
        }
    }

    /// <summary>One reference less; at 0 the block is gone, or finalizing if it has a deallocator of its own.</summary>
    public void Release(ModelBlock block)
    {
        if (block.Count > 1)
        {
            Totals.Releases++;
            block.Count--;
            Sites.Released(block);
        }
        else
        {
            ReleaseLast(block, Sites.Here);
        }
    }

    private void ReleaseLast(ModelBlock block, RmSite site)
    {
        Totals.Releases++;
        Totals.Frees++;
        block.Count = 0;
        RemoveLive(block);
        Sites.Ended(block, RmOperation.Free, site);
        if (block.HasDeallocator)
        {
            block.Finalizing = true;
        }
        else
        {
            _blocks.Remove(block.Address);
            Sites.Bury(block);
        }
    }

    /// <summary>The deallocator of a block has returned. Its address may meanwhile be another block's.</summary>
    public void Finalized(ModelBlock block)
    {
        if (ReferenceEquals(Find(block.Address), block))
        {
            _blocks.Remove(block.Address);
        }

        Sites.Bury(block);
    }

    /// <summary>A count set from outside.</summary>
    public void Preset(ModelBlock block, long count)
    {
        Totals.ReferencesDropped -= count - block.Count;
        block.Count = count;
    }

    /// <summary>The block's memory was freed behind the state's back; the state still tracks it.</summary>
    public void GoneBehind(ModelBlock block)
    {
        Allocated--;
        block.Kind = BlockKind.Delegate;
    }

    /// <summary>The block's memory is its own again.</summary>
    public void BackAgain(ModelBlock block)
    {
        Allocated++;
        block.Kind = BlockKind.Allocated;
    }

    public void Detach(ModelBlock block)
    {
        Totals.Detaches++;
        Totals.ReferencesDropped += block.Count;
        Forget(block);
        Sites.Ended(block, RmOperation.Detach, Sites.Here);
        Sites.Bury(block);
    }

    /// <summary>The block's address was handed out again behind the state's back.</summary>
    public void Abandon(ModelBlock block)
    {
        Totals.Violations++;
        Totals.Abandoned++;
        Totals.ReferencesDropped += block.Count;
        Forget(block);
        Sites.Ended(block, RmOperation.Abandon, default);
        Sites.Bury(block);
    }

    public void Resize(ModelBlock block, nint address, long size)
    {
        _blocks.Remove(block.Address);
        block.Address = address;
        _blocks[address] = block;
        Totals.Reallocations++;
        Totals.LiveBytes += size - Math.Max(block.Size, 0);
        block.Size = size;
        block.MemorySize = size;
        Totals.NotePeak();
        Sites.Resized(block);
    }

    /// <summary>One block freed because the state as a whole is emptied.</summary>
    public void Sweep(ModelBlock block)
    {
        Totals.Frees++;
        Totals.ReferencesDropped += block.Count;
        RemoveLive(block);
        block.Count = 0;
        block.Finalizing = block.HasDeallocator;
        if (!block.Finalizing)
        {
            _blocks.Remove(block.Address);
        }
    }

    /// <summary>What still lives is freed or abandoned with the state.</summary>
    public void End(RmDisposePolicy policy)
    {
        while (_live.Count > 0)
        {
            ModelBlock block = _live[^1];
            if (policy == RmDisposePolicy.Abandon)
            {
                Totals.Abandoned++;
                Totals.ReferencesDropped += block.Count;
                Forget(block);
            }
            else
            {
                Sweep(block);
            }
        }
    }

    /// <summary>Every block ended, and the counters begin again.</summary>
    public void Reset()
    {
        _blocks.Clear();
        _live.Clear();
        Allocated = 0;
        Totals = new ModelTotals();
        Sites.Reset();
    }

    private void Add(ModelBlock block)
    {
        _blocks[block.Address] = block;
        block.Index = _live.Count;
        _live.Add(block);
        Allocated += block.Kind == BlockKind.Allocated ? 1 : 0;
        Totals.LiveBlocks++;
        Totals.LiveBytes += Math.Max(block.Size, 0);
        Totals.NotePeak();
    }

    private void Forget(ModelBlock block)
    {
        RemoveLive(block);
        _blocks.Remove(block.Address);
    }

    private void RemoveLive(ModelBlock block)
    {
        ModelBlock last = _live[^1];
        _live[block.Index] = last;
        last.Index = block.Index;
        _live.RemoveAt(_live.Count - 1);
        Allocated -= block.Kind == BlockKind.Allocated ? 1 : 0;
        Totals.LiveBlocks--;
        Totals.LiveBytes -= Math.Max(block.Size, 0);
    }
}
