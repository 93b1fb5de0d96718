using System.Runtime.CompilerServices;

namespace Rm.Tests.PublicApi;

/// <summary>One of each signature that a listing must not blur; <see cref="PublicApiListingTests"/> has its listing.</summary>
public abstract unsafe class Sample<T> : IDisposable
    where T : unmanaged, IEquatable<T>
{
    public const int Limit = 3;

    public delegate bool Visitor(nint block, in T value);

    public string? Name { get; protected init; }

    public virtual void* Attach(
        void* block,
        delegate* unmanaged[Cdecl]<void*, nuint, void> free,
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) =>
        free == null || file.Length + line == 0 ? null : block;

    public abstract ref readonly T Peek(scoped ReadOnlySpan<byte> bytes, StringComparison by = StringComparison.Ordinal);

    public bool TryTake<TOther>(nint block, out IReadOnlyList<string?>? names, TOther? other = null, nint size = 0)
        where TOther : struct
    {
        names = null;
        return other is null && block == size;
    }

    public virtual void Dispose() => GC.SuppressFinalize(this);

    internal void Hidden() => Dispose();
}
