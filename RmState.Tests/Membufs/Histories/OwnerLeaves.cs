namespace Rm.Tests.Membufs.Histories;

/// <summary>When the thread that allocated leaves the heap.</summary>
internal enum OwnerLeaves
{
    Never,

    /// <summary>Before it adds or drops any more.</summary>
    First,

    /// <summary>After that.</summary>
    Last,
}
