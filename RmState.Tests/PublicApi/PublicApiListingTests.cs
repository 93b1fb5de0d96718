namespace Rm.Tests.PublicApi;

/// <summary>The listing tells apart what callers can tell apart, so that the approval test can fail.</summary>
public sealed class PublicApiListingTests
{
    private const string Expected = """
        abstract class Rm.Tests.PublicApi.Sample<T> : System.IDisposable where T : unmanaged, System.IEquatable<T>
            abstract ref readonly T Peek(scoped System.ReadOnlySpan<byte> bytes, System.StringComparison by = System.StringComparison.Ordinal)
            bool TryTake<TOther>(nint block, out System.Collections.Generic.IReadOnlyList<string?>? names, TOther? other = null, nint size = 0) where TOther : struct
            const int Limit = 3
            protected .ctor()
            string? Name { get; protected init; }
            virtual void Dispose()
            virtual void* Attach(void* block, delegate* unmanaged[Cdecl]<void*, nuint, void> free, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)

        delegate bool Rm.Tests.PublicApi.Sample<T>.Visitor(nint block, in T value) where T : unmanaged, System.IEquatable<T>


        """;

    [Fact]
    public void ListsEveryPartOfASignature() => Assert.Equal(
        Expected,
        PublicApiListing.Of([typeof(Sample<>), typeof(Sample<>.Visitor)]),
        ignoreLineEndingDifferences: true);
}
