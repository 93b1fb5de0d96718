using System.Reflection;
using System.Runtime.InteropServices;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>The overloads that take a pointer do what those that take an address do.</summary>
public sealed unsafe class PointerOverloadTests : LeakChecked
{
    [Fact]
    public void EveryMemberThatTakesABlockHasOne()
    {
        string[] without = ["RmTrySize", "RmTryCount", "RmTryAttach", "RmTryRealloc"];
        MethodInfo[] methods = typeof(RmState).GetMethods();
        string[] taking = [.. methods
            .Where(m => m.GetParameters() is [{ Name: "block", IsOut: false } p, ..] && p.ParameterType == typeof(nint))
            .Select(m => m.Name).Distinct(StringComparer.Ordinal).Except(without, StringComparer.Ordinal)];
        string[] pointers = [.. methods.Where(m => m.GetParameters() is [{ Name: "block" } p, ..] && p.ParameterType == typeof(void*))
            .Select(m => m.Name).Distinct(StringComparer.Ordinal)];

        Assert.True(taking.Length >= 9, string.Join(' ', taking));
        Assert.Empty(taking.Except(pointers, StringComparer.Ordinal));
    }

    [Fact]
    public void CountingAndLookup()
    {
        RmState state = NewState();
        void* block = (void*)state.RmMalloc(100);

        Assert.Equal(2, state.RmRetain(block));
        Assert.True(state.RmTryRetain(block, out long count));
        Assert.Equal(3, count);
        Assert.Equal(3, state.RmCount(block));
        Assert.True(state.RmContains(block));
        Assert.Equal(100u, state.RmSize(block));
        Assert.Equal(2, state.RmRelease(block));
        Assert.True(state.RmTryRelease(block, out long remaining));
        Assert.Equal(1, remaining);
        block = state.RmRealloc(block, 200);
        Assert.Equal(200u, state.RmSize(block));
        Assert.Equal(0, state.RmDetach(block));
        Assert.False(state.RmContains(block));
        Assert.False(state.RmTryDetach(block, out _));
        NativeMemory.Free(block);
    }

    [Fact]
    public void Attaching()
    {
        RmState state = NewState();
        using PinnedBlocks pinned = new(Blocks);
        void* plain = NativeMemory.Alloc(8);
        void* sized = NativeMemory.Alloc(8);
        void* managed = (void*)Blocks.Malloc();
        void* native = (void*)Blocks.Malloc();
        void* context = (void*)Blocks.Malloc();
        void* either = (void*)Blocks.Malloc();
        state.RmAttach(plain);
        state.RmAttach(sized, 8);
        state.RmAttach(managed, Blocks.Free, 1);
        state.RmAttach(native, &NativeBlocks.FreeOfCurrent, 2);
        state.RmAttach(context, &NativeBlocks.FreeWithContext, (void*)pinned.Context, 3);
        Assert.Equal(1, state.RmAttachOrRetain(either, Blocks.Free));
        Assert.Equal(2, state.RmAttachOrRetain(either));

        Assert.Equal(8 + 1 + 2 + 3, state.Statistics.LiveBytes);
        Assert.Equal(1, state.RmRelease(either));
        Assert.Equal(0, state.RmRelease(plain));
        Assert.Equal(0, state.RmRelease(sized));
        Assert.Equal(0, state.RmRelease(managed));
        Assert.Equal(0, state.RmRelease(native));
        Assert.Equal(0, state.RmRelease(context));
        Assert.Equal(0, state.RmRelease(either));
        Assert.Equal(4, Blocks.Freed.Count);
    }

    [Fact]
    public void NullAndUnknownPointers()
    {
        RmState state = NewState();
        Assert.Throws<ArgumentNullException>(() => state.RmRetain((void*)null));
        Assert.Throws<ArgumentNullException>(() => state.RmAttach((void*)null));
        Assert.Throws<ArgumentNullException>(() => state.RmDetach((void*)null));
        Assert.Equal(0, state.RmRelease((void*)null));
        Assert.False(state.RmContains((void*)null));
        UntrackedPointerException violation = Assert.Throws<UntrackedPointerException>(() => state.RmRelease((void*)Fakes.Address(1)));
        Assert.Equal(Fakes.Address(1), violation.Block);
        void* made = state.RmRealloc((void*)null, 10);
        Assert.Equal(0, state.RmRelease(made));
    }

    [Fact]
    public void TypedPointersNeedNoCast()
    {
        RmState state = NewState();
        long* numbers = state.RmMalloc<long>(10);

        Assert.Equal(2, state.RmRetain(numbers));
        Assert.Equal(80u, state.RmSize(numbers));
        Assert.Equal(1, state.RmRelease(numbers));
        Assert.Equal(0, state.RmRelease(numbers));
    }
}
