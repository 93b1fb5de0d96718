using Rm.Violations;

namespace Rm.Tests.Violations;

/// <summary>Every violation is a kind of <see cref="MemoryViolationException"/>, which code of the base library can catch.</summary>
public sealed class ViolationTests
{
    private static readonly Type[] All =
    [
        .. typeof(MemoryViolationException).Assembly.GetExportedTypes()
            .Where(t => string.Equals(t.Namespace, typeof(MemoryViolationException).Namespace, StringComparison.Ordinal)),
    ];

    public static TheoryData<Type> Kinds => [.. All];

    [Fact]
    public void TheKindsAreThese()
    {
        string[] expected =
        [
            nameof(AddressReusedException), nameof(AlreadyTrackedException), nameof(ConcurrentUseException), nameof(CorruptArenaException),
            nameof(CorruptStateException), nameof(CountedBlockException), nameof(DoubleFreeException),
            nameof(FinalizingBlockException), nameof(ForeignBlockException), nameof(HeldBlockException), nameof(LiveBlocksException),
            nameof(MemoryViolationException), nameof(MisalignedPointerException), nameof(OverrunException), nameof(SharedBlockException),
            nameof(StaleReferenceException), nameof(UntrackedPointerException),
        ];
        Assert.Equal(expected, All.Select(t => t.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EachIsAnInvalidOperation(Type kind)
    {
        Assert.True(kind.IsAssignableTo(typeof(InvalidOperationException)), kind.Name);
        Assert.True(kind.IsAssignableTo(typeof(MemoryViolationException)), kind.Name);
        Assert.EndsWith("Exception", kind.Name, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EachHasTheStandardConstructors(Type kind)
    {
        var plain = (MemoryViolationException)Activator.CreateInstance(kind)!;
        Assert.NotEmpty(plain.Message);
        Assert.Equal(0, plain.Block);

        var spoken = (MemoryViolationException)Activator.CreateInstance(kind, "cause; remedy")!;
        Assert.Equal("cause; remedy", spoken.Message);
        Assert.Equal(0, spoken.Block);

        var inner = new FormatException();
        var caused = (MemoryViolationException)Activator.CreateInstance(kind, "cause; remedy", inner)!;
        Assert.Equal("cause; remedy", caused.Message);
        Assert.Same(inner, caused.InnerException);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EachCanNameABlock(Type kind)
    {
        var violation = (MemoryViolationException)Activator.CreateInstance(kind, "cause; remedy", (nint)0x1234)!;
        Assert.Equal(0x1234, violation.Block);
        Assert.Equal("cause; remedy", violation.Message);
    }
}
