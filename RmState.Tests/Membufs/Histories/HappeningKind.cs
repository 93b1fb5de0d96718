namespace Rm.Tests.Membufs.Histories;

/// <summary>What a judge hears of.</summary>
internal enum HappeningKind
{
    /// <summary>The operation makes its first access.</summary>
    Begun,

    /// <summary>The operation returned.</summary>
    Returned,

    /// <summary>The code under test called out, for instance to free a block.</summary>
    Told,

    /// <summary>The operation threw, or makes accesses without end.</summary>
    Broke,
}
