using System.Runtime.InteropServices;
using Rm.Interop;

namespace Rm.Tests.Samples;

/// <summary>A block that native code allocated is attached; from then on it is counted like any other.</summary>
public sealed class NativeStringSample
{
    [Fact]
    public void AnAttachedStringIsFreedByItsLastHolder()
    {
        #region attach-strdup
        [DllImport("libc")]
        static extern nint strdup([MarshalAs(UnmanagedType.LPUTF8Str)] string text);

        using var state = new RmState();
        nint name = strdup("frame 1");
        state.RmAttach(name);                // count 1; its last release calls libc's free

        state.RmRetain(name);                // 2: a second holder
        string? text = Marshal.PtrToStringUTF8(name);
        state.RmRelease(name);               // 1
        long remaining = state.RmRelease(name);
        #endregion

        Assert.Equal("frame 1", text);
        Assert.Equal(0, remaining);
        Assert.False(state.RmContains(name));
    }

    [Fact]
    public void AHandleKeepsAStringDuringANativeCall()
    {
        #region handle-native-call
        [DllImport("libc")]
        static extern nint strdup([MarshalAs(UnmanagedType.LPUTF8Str)] string text);

        [DllImport("libc")]
        static extern nint strlen(RmBlockHandle text);

        using var state = new RmState();
        nint name = strdup("frame 1");
        state.RmAttach(name);

        nint length;
        using (RmBlockHandle handle = RmBlockHandle.Own(state, name))   // takes our reference over
        {
            length = strlen(handle);
        }

        #endregion

        Assert.Equal(7, length);
        Assert.False(state.RmContains(name));
    }
}
