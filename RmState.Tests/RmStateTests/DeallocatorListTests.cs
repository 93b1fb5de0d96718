using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>The list that keeps managed deallocators alive; removing from it must need no memory.</summary>
public sealed class DeallocatorListTests : LeakChecked
{
    [Fact]
    public void IndexesStayAndAreReused()
    {
        var list = new DeallocatorList();
        Action<nint>[] actions = [.. Enumerable.Range(0, 100).Select(i => new Action<nint>(_ => GC.KeepAlive(i)))];
        int[] indexes = [.. actions.Select(list.Add)];
        Assert.Equal(100, indexes.Distinct().Count());
        for (int i = 0; i < 100; i += 2)
        {
            list.Remove(indexes[i]);
        }

        Assert.Equal(50, list.Count);
        int[] again = [.. Enumerable.Range(0, 50).Select(i => list.Add(actions[2 * i]))];
        Assert.Equal(indexes.Where((_, i) => i % 2 == 0).Order(), again.Order());
        for (int i = 1; i < 100; i += 2)
        {
            Assert.Same(actions[i], list[indexes[i]]);
        }
    }

    [Fact]
    public void RemovingNeedsNoMemoryAndLetsTheDelegateGo()
    {
        var list = new DeallocatorList();
        WeakReference added = AddOne(list);
        long before = GC.GetAllocatedBytesForCurrentThread();
        list.Remove(0);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        for (int i = 0; i < 100 && added.IsAlive; i++)
        {
            GC.Collect();
        }

        Assert.False(added.IsAlive, "a removed deallocator is kept alive");
        Assert.Equal(0, list.Count);
    }

    [Fact]
    public void ClearedListStartsAgain()
    {
        var list = new DeallocatorList();
        list.Add(_ => { });
        list.Clear();
        Assert.Equal((0, 0), (list.Count, list.Add(_ => { })));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference AddOne(DeallocatorList list)
    {
        object captured = new();
        Action<nint> action = _ => GC.KeepAlive(captured);
        Assert.Equal(0, list.Add(action));
        return new WeakReference(action);
    }
}
