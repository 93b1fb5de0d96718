using System.Buffers;
using System.Runtime.InteropServices;
using Rm.Interop;

namespace Rm.Tests.Samples;

/// <summary>A decoder's frame is handed to code that takes Memory, without a copy.</summary>
public sealed class FrameBufferSample
{
    [Fact]
    public async Task AFrameIsWrittenToAStream()
    {
        var decoder = new Decoder();
        using var stream = new MemoryStream();

        #region frame-as-memory
        using var state = new RmState();
        nint frame = decoder.NextFrame();
        state.RmAttach(frame, decoder.Recycle, Decoder.FrameSize);

        using (RmMemoryManager<byte> pixels = state.RmMemory(frame))   // a reference of its own: count 2
        {
            state.RmRelease(frame);                                    // ours is given back: 1
            await stream.WriteAsync(pixels.Memory);
        }                                                              // 0: the decoder gets its frame back

        #endregion

        Assert.Equal(1, decoder.Recycled);
        Assert.Equal(Decoder.FrameSize, (nuint)stream.Length);
        Assert.True(stream.ToArray().AsSpan().IndexOfAnyExcept(Decoder.Grey) < 0);
    }

    [Fact]
    public void AnUnpinnedFrameWaitsForItsOwner()
    {
        var decoder = new Decoder();

        #region pinned-frame
        using var state = new RmState();
        nint frame = decoder.NextFrame();
        state.RmAttach(frame, decoder.Recycle, Decoder.FrameSize);
        RmMemoryManager<byte> pixels = state.RmMemory(frame);
        state.RmRelease(frame);

        MemoryHandle pin = pixels.Memory.Pin();   // native code works on the frame
        pixels.Dispose();                         // it stays valid all the same

        var completion = new Thread(() => pin.Dispose());
        completion.Start();
        completion.Join();

        int released = state.ReleaseAbandoned();  // the owner gives back what ended on other threads
        #endregion

        Assert.Equal(1, released);
        Assert.Equal(1, decoder.Recycled);
    }

    [Fact]
    public void AReferenceOutlivesItsFrame()
    {
        var decoder = new Decoder();

        #region weak-reference
        using var state = new RmState();
        nint frame = decoder.NextFrame();
        state.RmAttach(frame, decoder.Recycle, Decoder.FrameSize);

        RmRef reference = state.RmReference(frame);
        bool before = reference.TryGetBlock(out nint block);   // true, and block is frame
        state.RmRelease(frame);
        bool after = reference.IsAlive;                        // false, whatever lives at the address now
        #endregion

        Assert.True(before);
        Assert.Equal(frame, block);
        Assert.False(after);
    }

    private sealed unsafe class Decoder
    {
        public const nuint FrameSize = 64 * 48 * 3 / 2;
        public const byte Grey = 128;

        public int Recycled { get; private set; }

        public nint NextFrame()
        {
            void* frame = NativeMemory.AlignedAlloc(FrameSize, 64);
            NativeMemory.Fill(frame, FrameSize, Grey);
            return (nint)frame;
        }

        public void Recycle(nint frame)
        {
            Recycled++;
            NativeMemory.AlignedFree((void*)frame);
        }
    }
}
