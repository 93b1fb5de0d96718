namespace Rm.Tests.Interop;

/// <summary>What a state should know, and what should wait for it.</summary>
/// <param name="allocator">The allocator of one thread that it has; null for malloc.</param>
internal sealed class ModelState(object? allocator)
{
    private readonly object? _allocator = allocator;

    /// <summary>The blocks it tracks, by address.</summary>
    public SortedDictionary<nint, ModelBlock> Live { get; } = [];

    /// <summary>What waits: a block that was handed over, one that came back to be freed, or a reference to release.</summary>
    public List<(ModelBlock? Handed, ModelBlock? Back, nint Released)> Inbox { get; private set; } = [];

    public bool IsDisposed { get; private set; }

    public long Violations { get; private set; }

    public void Release(nint address)
    {
        if (!Live.TryGetValue(address, out ModelBlock? block))
        {
            Violations++;
        }
        else if (--block.Count == 0)
        {
            End(block);
        }
    }

    public void HandOver(ModelBlock block, ModelState to)
    {
        Live.Remove(block.Address);
        to.Inbox.Add((block, null, 0));
    }

    public int Receive()
    {
        int done = Inbox.Count;
        foreach ((ModelBlock? handed, ModelBlock? back, nint released) in Inbox.ToArray())
        {
            if (handed is not null)
            {
                Live.Add(handed.Address, handed);
                if (handed.Home is { IsDisposed: true } home && home._allocator == _allocator)
                {
                    // A later state over the allocator inherits its blocks.
                    handed.Home = this;
                }
            }
            else
            {
                ReceiveRest(back, released);
            }
        }

        Inbox.RemoveRange(0, done);
        return done;
    }

    /// <summary>What was given back counts; blocks that were handed over stay where they are, with all that concerns them.</summary>
    public void Reset()
    {
        List<(ModelBlock? Handed, ModelBlock? Back, nint Released)> kept = [];
        foreach ((ModelBlock? Handed, ModelBlock? Back, nint Released) item in Inbox.ToArray())
        {
            if (item.Handed is not null || kept.Exists(k => k.Handed is { } waiting && waiting.Address == item.Released))
            {
                kept.Add(item);
            }
            else
            {
                ReceiveRest(item.Back, item.Released);
            }
        }

        Inbox = kept;
        foreach (ModelBlock block in Live.Values.ToArray())
        {
            End(block);
        }
    }

    public void Dispose()
    {
        Reset();
        IsDisposed = true;
        Inbox.ForEach(item => Free(item.Handed ?? item.Back));
        Inbox.Clear();
    }

    private void ReceiveRest(ModelBlock? back, nint released)
    {
        if (back is not null)
        {
            back.IsFreed = true;
        }
        else
        {
            Release(released);
        }
    }

    private void End(ModelBlock block)
    {
        Live.Remove(block.Address);
        Free(block);
    }

    private void Free(ModelBlock? block)
    {
        if (block?.Home is { } home && home != this && home.ComesBack)
        {
            home.Inbox.Add((null, block, 0));
        }
        else if (block is not null)
        {
            block.IsFreed = true;
        }
    }

    private bool ComesBack => _allocator is not null && !IsDisposed;
}
