namespace Rm;

/// <summary>Where an enumeration of a state's blocks stands: in the table, among the wide addresses, or in the heap's marks.</summary>
internal struct BlockCursor
{
    internal long Position;
    internal IEnumerator<KeyValuePair<nint, uint>>? Wide;
    internal IEnumerator<(nint Block, int Count, nuint Size)>? Counted;
}
