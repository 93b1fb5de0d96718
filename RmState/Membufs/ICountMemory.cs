namespace Rm.Membufs;

/// <summary>
/// How the counting protocol touches memory that threads share. The library passes <see cref="NativeCountMemory"/>, which compiles to
/// the bare instructions; a test passes one that stops before each access, lets a scheduler choose who goes on, and keeps plain stores
/// in a buffer of their thread as processors do.
/// </summary>
/// <remarks>Loads acquire and stores release; the rest are full fences.</remarks>
internal unsafe interface ICountMemory
{
    static abstract ulong Load(ulong* place);

    static abstract long Load(long* place);

    static abstract int Load(int* place);

    static abstract byte Load(byte* place);

    static abstract void Store(ulong* place, ulong value);

    static abstract void Store(long* place, long value);

    static abstract void Store(int* place, int value);

    static abstract void Store(byte* place, byte value);

    /// <summary>Adds, and returns the sum.</summary>
    static abstract long Add(long* place, long amount);

    /// <summary>Writes if the place holds what is expected.</summary>
    /// <returns>Whether it did.</returns>
    static abstract bool TrySwap(long* place, long value, long expected);

    /// <summary>Writes, and returns what was there.</summary>
    static abstract long Exchange(long* place, long value);

    /// <summary>Nothing after it is done before what stands ahead of it is seen by all.</summary>
    static abstract void Fence();
}
