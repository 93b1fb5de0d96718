namespace Rm.Tests.Membufs.Histories;

/// <summary>What an operation does to the number of references that a program holds to a block.</summary>
internal enum CountEffect
{
    None,

    /// <summary>The block is born with one reference.</summary>
    Begin,

    /// <summary>One more; returns the count after it.</summary>
    Add,

    /// <summary>One fewer; returns the count after it.</summary>
    Drop,

    /// <summary>Returns the count.</summary>
    Read,

    /// <summary>Returns 1 if there is one reference, else 0.</summary>
    AskUnique,
}
