using System.Globalization;

namespace Rm.Tool.Guarding;

/// <summary>An address as people write it.</summary>
internal static class AddressText
{
    /// <summary>Reads "0x7f12a0", "7F12A0" or a decimal number; digits alone are decimal.</summary>
    public static bool TryParse(string text, out ulong address)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address);
        }

        NumberStyles style = digits.ContainsAnyExceptInRange('0', '9') ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        return ulong.TryParse(digits, style, CultureInfo.InvariantCulture, out address);
    }
}
