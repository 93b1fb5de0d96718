namespace Rm.Tool.Traces;

/// <summary>The checksum of gzip, computed over pieces of data.</summary>
internal struct Crc32
{
    private static readonly uint[] Table = MakeTable();

    private uint _inverted;

    public readonly uint Value => _inverted ^ uint.MaxValue;

    public static Crc32 Start() => new() { _inverted = uint.MaxValue };

    public void Append(ReadOnlySpan<byte> data)
    {
        uint crc = _inverted;
        uint[] table = Table;
        foreach (byte b in data)
        {
            crc = table[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        _inverted = crc;
    }

    private static uint[] MakeTable()
    {
        const uint polynomial = 0xEDB88320;
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint entry = i;
            for (int bit = 0; bit < 8; bit++)
            {
                entry = (entry & 1) != 0 ? (entry >> 1) ^ polynomial : entry >> 1;
            }

            table[i] = entry;
        }

        return table;
    }
}
