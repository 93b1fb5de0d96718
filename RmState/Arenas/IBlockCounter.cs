namespace Rm.Arenas;

/// <summary>Who keeps its counts in the marks of a heap: a state.</summary>
internal interface IBlockCounter
{
    /// <summary>Its name for messages.</summary>
    string NameForMessages { get; }

    /// <summary>The heap ends; none of its blocks is counted.</summary>
    void HeapClosed();
}
