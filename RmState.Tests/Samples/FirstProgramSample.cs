using System.Runtime.InteropServices;
using Rm.Violations;

namespace Rm.Tests.Samples;

/// <summary>The whole program of the README.</summary>
public sealed class FirstProgramSample
{
    [Fact]
    public void ItRuns()
    {
        #region first-program
        using var state = new RmState();

        nint block = state.RmMalloc(64);               // count 1
        Marshal.WriteInt32(block, 42);

        state.RmRetain(block);                         // 2: a second holder
        state.RmRelease(block);                        // 1: the second holder is done, the block is still there
        Console.WriteLine(Marshal.ReadInt32(block));
        Console.WriteLine(state.RmRelease(block));     // 0: freed

        try
        {
            state.RmRelease(block);                    // once too often
        }
        catch (UntrackedPointerException e)
        {
            Console.WriteLine(e.Message);
        }

        nint forgotten = state.RmMalloc(100);
        Console.WriteLine(state.CreateReport());       // what Dispose will free
        #endregion

        Assert.Equal(1, state.Statistics.Violations);
        Assert.Equal(1, state.RmCount(forgotten));
    }
}
