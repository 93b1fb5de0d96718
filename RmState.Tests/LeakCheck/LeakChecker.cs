using Rm.Arenas;
using Rm.Diagnostics;
using Rm.Membufs;

namespace Rm.Tests.LeakCheck;

/// <summary>Watches what a test takes and, when the test is over, says what it did not give back.</summary>
public sealed class LeakChecker
{
    private readonly List<RmState> _states = [];
    private readonly List<Arena> _arenas = [];
    private readonly List<MembufHeap> _membufs = [];
    private readonly List<Func<string?>> _watches = [];

    /// <summary>The state must have no live block when the check comes; it is disposed then.</summary>
    public RmState Watch(RmState state)
    {
        _states.Add(state);
        return state;
    }

    /// <summary>The arena must be sound when the check comes; it is disposed then, after all states.</summary>
    public Arena Watch(Arena arena)
    {
        _arenas.Add(arena);
        return arena;
    }

    /// <summary>The heap must be sound and have no live membuf when the check comes; it is disposed then, before all arenas.</summary>
    public MembufHeap Watch(MembufHeap heap)
    {
        _membufs.Add(heap);
        return heap;
    }

    /// <summary>Asked at the check for a complaint; null for none.</summary>
    public void Watch(Func<string?> complaint) => _watches.Add(complaint);

    /// <summary>Gives everything back and throws if the test had not.</summary>
    public void Check()
    {
        List<string> complaints = [];
        CheckStates(complaints);

        foreach (MembufHeap heap in _membufs.Where(h => !h.IsDisposed))
        {
            CheckHeap(heap, complaints);
        }

        foreach (Arena arena in _arenas.Where(a => !a.IsDisposed))
        {
            CheckArena(arena, complaints);
        }

        // After the states and arenas: disposing them gives their tables back.
        complaints.AddRange(_watches.Select(w => w()).OfType<string>());
        _states.Clear();
        _arenas.Clear();
        _membufs.Clear();
        _watches.Clear();
        if (complaints.Count > 0)
        {
            throw new LeakException(string.Join('\n', complaints));
        }
    }

    private static void CheckHeap(MembufHeap heap, List<string> complaints)
    {
        try
        {
            heap.Verify();
            if (heap.GetReport() is { Blocks: > 0 } report)
            {
                complaints.Add(report.ToString());
            }

            heap.Dispose();
        }
        catch (Exception e)
        {
            complaints.Add(e.ToString());
        }
    }

    private static void CheckArena(Arena arena, List<string> complaints)
    {
        try
        {
            arena.Verify();
            arena.Dispose();
        }
        catch (Exception e)
        {
            complaints.Add(e.ToString());
        }
    }

    private void CheckStates(List<string> complaints)
    {
        try
        {
            // Tests that end a state with blocks in it mean to.
            using var guard = new RmLeakGuard { IncludesEndedBlocks = false };
            _states.ForEach(state => guard.Watch(state));
        }
        catch (LeakException leak)
        {
            complaints.Add(leak.Message);
        }
        catch (Exception e)
        {
            complaints.Add(e.ToString());
        }
    }
}
