using System.Runtime.CompilerServices;

namespace Rm.Membufs;

/// <summary>A number for each thread that ever owned a membuf: from 1 on, never given to another thread.</summary>
internal static class ThreadIdentity
{
    private static ulong _last;

    [ThreadStatic]
    private static ulong _current;

    /// <summary>This thread's number; 0 while it has none.</summary>
    internal static ulong Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _current;
    }

    /// <summary>This thread's number, a new one if it has none yet.</summary>
    internal static ulong Ensure() => _current != 0 ? _current : _current = Interlocked.Increment(ref _last);
}
