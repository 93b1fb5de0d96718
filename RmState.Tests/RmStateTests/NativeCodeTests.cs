using System.Runtime.InteropServices;
using System.Text;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>Blocks that native code allocated: attached, shared, and freed exactly once. (glibc aborts on a second free.)</summary>
public sealed unsafe class NativeCodeTests : LeakChecked
{
    [Fact]
    public void StringOfStrDup()
    {
        RmState state = NewState();
        nint text = LibC.StrDup("one pointer, one count");
        state.RmAttach(text);

        Use(state, text);
        Assert.Equal("one pointer, one count", Marshal.PtrToStringUTF8(text));

        Assert.Equal(0, state.RmRelease(text));
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(text));
    }

    [Fact]
    public void PathOfRealPath()
    {
        RmState state = NewState();
        nint path = LibC.RealPath("/proc/self/../self/./", 0);
        Assert.NotEqual(0, path);
        state.RmAttach(path);

        Use(state, path);
        Assert.Equal($"/proc/{Environment.ProcessId}", Marshal.PtrToStringUTF8(path));

        Assert.Equal(0, state.RmRelease(path));
    }

    [Fact]
    public void LineOfGetLineWhichResizesIt()
    {
        string path = Path.Combine(Path.GetTempPath(), $"rmstate-{Guid.NewGuid():N}.txt");
        File.WriteAllText(path, "short\n" + new string('x', 100_000) + "\n");
        nint file = LibC.FOpen(path, "r");
        try
        {
            RmState state = NewState();
            nint line = 0;
            nuint size = 0;
            Assert.Equal(6, LibC.GetLine(&line, &size, file));
            state.RmAttach(line, size);
            Assert.Equal("short\n", Marshal.PtrToStringUTF8(line));

            // getline will move it: it is native code's again meanwhile.
            Assert.Equal(0, state.RmDetach(line));
            Assert.Equal(100_001, LibC.GetLine(&line, &size, file));
            state.RmAttach(line, size);

            Use(state, line);
            Assert.Equal(size, state.RmSize(line));
            Assert.Equal((byte)'x', ((byte*)line)[99_999]);
            Assert.Equal(0, state.RmRelease(line));
        }
        finally
        {
            Assert.Equal(0, LibC.FClose(file));
            File.Delete(path);
        }
    }

    [Fact]
    public void FreeOfLibCItselfAsTheDeallocator()
    {
        RmState state = NewState();
        nint[] texts = [.. Enumerable.Range(0, 1000).Select(i => LibC.StrDup($"text {i}"))];
        foreach (nint text in texts)
        {
            state.RmAttach(text, LibC.Free, 10);
        }

        Assert.All(texts, text => Use(state, text));
        Assert.Equal("text 999", Marshal.PtrToStringUTF8(texts[999]));
        Assert.All(texts[..500], text => Assert.Equal(0, state.RmRelease(text)));
        state.Dispose();

        Assert.Equal(1000, state.Statistics.Frees);
    }

    [Fact]
    public void NativeFunctionThatTakesTheBlockAndAContext()
    {
        RmState state = NewState();
        nint text = LibC.StrDup("context");
        Context context = default;
        state.RmAttach(text, &FreeIntoContext, &context);

        Use(state, text);
        Assert.Equal(0, context.Calls);
        Assert.Equal(0, state.RmRelease(text));

        Assert.Equal((1, text), (context.Calls, context.Last));
    }

    [Fact]
    public void BuffersOfZLib()
    {
        // The stream asks for its buffers through zalloc and gives them back through zfree: both go to a state.
        RmState state = NewState();
        var handle = GCHandle.Alloc(state);
        try
        {
            ZLib.Stream stream = default;
            stream.Allocate = &ZLibAllocate;
            stream.Free = &ZLibFree;
            stream.Opaque = GCHandle.ToIntPtr(handle);
            byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("one pointer, one count; ", 2000)));
            byte[] packed = new byte[text.Length];

            Assert.Equal(ZLib.Ok, ZLib.DeflateInit(&stream));
            Assert.True(state.Statistics.LiveBlocks >= 3, $"zlib made {state.Statistics.LiveBlocks} buffers");
            nint window = state.RmBlocks.MaxBy(b => b.Size!.Value).Address;
            state.RmRetain(window);
            fixed (byte* input = text, output = packed)
            {
                stream.NextIn = input;
                stream.AvailableIn = (uint)text.Length;
                stream.NextOut = output;
                stream.AvailableOut = (uint)packed.Length;
                Assert.Equal(ZLib.StreamEnd, ZLib.Deflate(&stream, ZLib.Finish));
            }

            int length = (int)stream.TotalOut;
            Assert.Equal(ZLib.Ok, ZLib.DeflateEnd(&stream));

            Assert.Equal([new RmBlock(window, 1, state.RmSize(window))], state.RmBlocks);
            Assert.Equal(0, state.RmRelease(window));
            Assert.Equal(text, ZLib.Unpack(packed.AsSpan(0, length), text.Length));
        }
        finally
        {
            handle.Free();
        }
    }

    [Fact]
    public void BlocksThatZLibMallocs()
    {
        // The handle is what gzopen mallocs, and gzclose is its only right deallocator.
        string path = Path.Combine(Path.GetTempPath(), $"rmstate-{Guid.NewGuid():N}.gz");
        RmState state = NewState();
        try
        {
            nint file = ZLib.GzOpen(path, "wb");
            Assert.NotEqual(0, file);
            using PinnedBlocks pinned = new(Blocks);
            int closed = 0;
            state.RmAttach(file, f => closed += ZLib.GzClose(f) == ZLib.Ok ? 1 : 1000);
            Use(state, file);
            nint text = LibC.StrDup("written through zlib");
            state.RmAttach(text);
            Assert.Equal(20, ZLib.GzWrite(file, text, 20));

            Assert.Equal(0, state.RmRelease(file));
            Assert.Equal(0, state.RmRelease(text));

            Assert.Equal(1, closed);
            Assert.Equal("written through zlib", ZLib.ReadGz(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Use(RmState state, nint block)
    {
        Assert.Equal(2, state.RmRetain(block));
        Assert.Equal(3, state.RmRetain(block));
        Assert.Equal(2, state.RmRelease(block));
        Assert.Equal(1, state.RmRelease(block));
    }

    [UnmanagedCallersOnly]
    private static void FreeIntoContext(void* block, void* context)
    {
        ((Context*)context)->Calls++;
        ((Context*)context)->Last = (nint)block;
        LibC.Free(block);
    }

    [UnmanagedCallersOnly]
    private static void* ZLibAllocate(nint opaque, uint items, uint size)
    {
        // zlib's own allocator is malloc; what it makes is attached.
        var state = (RmState)GCHandle.FromIntPtr(opaque).Target!;
        void* block = NativeMemory.Alloc(items, size);
        state.RmAttach((nint)block, LibC.Free, (nuint)items * size);
        return block;
    }

    [UnmanagedCallersOnly]
    private static void ZLibFree(nint opaque, void* block) => ((RmState)GCHandle.FromIntPtr(opaque).Target!).RmRelease((nint)block);

    private struct Context
    {
        public int Calls;
        public nint Last;
    }
}
