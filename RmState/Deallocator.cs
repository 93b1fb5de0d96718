using System.Runtime.InteropServices;
using Rm.Counting;

namespace Rm;

/// <summary>What an attached block shall be freed with; the default is libc's free.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct Deallocator
{
    internal Deallocator(Action<nint> managed)
    {
        Delegate = managed;
        Kind = DeallocatorKind.Delegate;
    }

    internal Deallocator(nint function)
    {
        Function = function;
        Kind = DeallocatorKind.Function;
    }

    internal Deallocator(nint function, nint context)
    {
        Function = function;
        Context = context;
        Kind = DeallocatorKind.FunctionWithContext;
    }

    internal Action<nint>? Delegate { get; }

    internal nint Function { get; }

    internal nint Context { get; }

    // A deallocator that says nothing is libc's: Allocator, the default value, is never attached.
    internal DeallocatorKind Kind
    {
        get => field == DeallocatorKind.Allocator ? DeallocatorKind.LibC : field;
        private init;
    }
}
