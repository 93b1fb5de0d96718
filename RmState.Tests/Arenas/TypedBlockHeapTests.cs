using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Arenas;

/// <summary>The typed face of a block heap.</summary>
public sealed unsafe class TypedBlockHeapTests : LeakChecked
{
    [Fact]
    public void ElementsAreTyped()
    {
        using BlockHeap<Node> heap = BlockHeap.Create<Node>(100);
        Node* first = heap.Alloc();
        Assert.True(heap.TryAlloc(out Node* second));
        first->Next = second;
        second->Value = 7;

        Assert.Equal((nuint)sizeof(Node), heap.Untyped.ElementSize);
        Assert.Equal(2, heap.Usage.LiveBlocks);
        Assert.Equal(0, first->Value);
        int sum = 0;
        foreach (Node* node in heap.LiveElements)
        {
            sum += node->Value + 1;
        }

        Assert.Equal(9, sum);
        heap.Free(second);
        heap.Free(first);
        Assert.Equal(0, heap.Usage.LiveBlocks);
        Assert.Throws<DoubleFreeException>(() => heap.Free(first));
        Assert.Throws<ArgumentNullException>(() => heap.Free(null));
        Assert.True(heap.Trim() > 0);
    }

    [Fact]
    public void AFullArenaLeavesNoElement()
    {
        using Arena arena = NewArena(new ArenaOptions { CommitLimit = 64 * 1024 });
        using BlockHeap<Node> heap = BlockHeap.Create<Node>(4096, new BlockHeapOptions { Arena = arena });
        for (int i = 0; i < 4096; i++)
        {
            _ = heap.Alloc();
        }

        Assert.False(heap.TryAlloc(out Node* none));
        Assert.True(none == null);
        Assert.Throws<OutOfMemoryException>(() => heap.Alloc());
    }

    [Fact]
    public void CollectionsAreEqualThatViewOneHeap()
    {
        using BlockHeap<long> heap = BlockHeap.Create<long>(8);
        using BlockHeap<long> other = BlockHeap.Create<long>(8);

        Assert.True(heap.LiveElements == heap.LiveElements);
        Assert.True(heap.LiveElements != other.LiveElements);
        Assert.Equal(heap.LiveElements.GetHashCode(), heap.LiveElements.GetHashCode());
        Assert.True(heap.LiveElements.Equals((object)heap.LiveElements));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockHeap.Create<long>(0));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Node
    {
        public Node* Next;
        public int Value;
    }
}
