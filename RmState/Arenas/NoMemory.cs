namespace Rm.Arenas;

/// <summary>Makes the exception for exhausted memory, with what was wanted.</summary>
internal static class NoMemory
{
    internal static Exception For(string what) => new OutOfMemoryException($"There is no memory for {what}. Nothing was changed.");
}
