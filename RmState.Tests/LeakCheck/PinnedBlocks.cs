using System.Runtime.InteropServices;

namespace Rm.Tests.LeakCheck;

/// <summary>A handle of <see cref="NativeBlocks"/> that native code can carry about as a context.</summary>
internal sealed class PinnedBlocks(NativeBlocks blocks) : IDisposable
{
    private GCHandle _handle = GCHandle.Alloc(blocks);

    public nint Context => GCHandle.ToIntPtr(_handle);

    public void Dispose() => _handle.Free();
}
