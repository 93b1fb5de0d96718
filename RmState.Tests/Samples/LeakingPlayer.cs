namespace Rm.Tests.Samples;

/// <summary>A player that forgets one frame in a hundred; its sites are those that the documents name.</summary>
internal sealed class LeakingPlayer(RmState state)
{
    private const int FrameBytes = 4096;
    private const int LeakEvery = 100;
    private const int LeakAt = 42;

    public void Play(int frames)
    {
        for (int i = 0; i < frames; i++)
        {
            nint frame = state.RmMalloc(FrameBytes, "Decoder.cs", 31);
            state.RmRetain(frame, "Player.cs", 12);
            state.RmRelease(frame, "Decoder.cs", 44);
            if (i % LeakEvery != LeakAt)
            {
                state.RmRelease(frame, "Player.cs", 20);
            }
        }
    }
}
