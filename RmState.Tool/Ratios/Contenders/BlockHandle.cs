using System.Runtime.InteropServices;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>A block of native memory in a <see cref="SafeHandle"/>, which counts atomically and defers the free.</summary>
internal sealed unsafe class BlockHandle : SafeHandle
{
    internal BlockHandle(nuint size)
        : base(invalidHandleValue: 0, ownsHandle: true) => SetHandle((nint)NativeMemory.Alloc(size));

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
