using System.Globalization;
using System.Text;

namespace Rm.Diagnostics;

/// <summary>A place in the source as a map file holds it: "Decoder.cs:88" in UTF-8, zeros behind it.</summary>
internal static class SiteText
{
    /// <summary>Bytes of a site in a map file.</summary>
    internal const int Bytes = 92;

    // Room for the colon and any line.
    private const int LongestName = Bytes - 12;

    /// <summary>The last part of a path of either kind of system: the compiler may have run on another than the program does.</summary>
    internal static ReadOnlySpan<char> NameOf(string file) => file.AsSpan(file.AsSpan().LastIndexOfAny('/', '\\') + 1);

    /// <summary>Writes a site; of a name that is too long the end is kept.</summary>
    internal static void Write(Span<byte> slot, string file, int line)
    {
        ReadOnlySpan<char> name = NameOf(file);
        name = name[Math.Max(0, name.Length - LongestName)..];
        while (Encoding.UTF8.GetByteCount(name) > LongestName)
        {
            name = name[1..];
        }

        int length = Encoding.UTF8.GetBytes(name, slot);
        slot[length++] = (byte)':';
        _ = line.TryFormat(slot[length..], out int digits, provider: CultureInfo.InvariantCulture);
        slot[(length + digits)..].Clear();
    }

    /// <summary>Reads what <see cref="Write"/> wrote, or what is left of it.</summary>
    /// <returns>Null when there is no site.</returns>
    internal static string? Read(ReadOnlySpan<byte> slot)
    {
        int end = slot.IndexOf((byte)0);
        string text = Encoding.UTF8.GetString(end < 0 ? slot : slot[..end]);
        return text.Length == 0 ? null : string.Create(text.Length, text, static (clean, raw) =>
        {
            for (int i = 0; i < clean.Length; i++)
            {
                // A damaged file must not send a terminal commands.
                clean[i] = char.IsControl(raw[i]) ? '?' : raw[i];
            }
        });
    }
}
