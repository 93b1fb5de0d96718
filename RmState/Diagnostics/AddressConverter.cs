using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rm.Diagnostics;

/// <summary>Addresses as text, <c>"0x7f3c5c0012a0"</c>: a number of 64 bits is not safe in every reader's JSON.</summary>
internal sealed class AddressConverter : JsonConverter<nint>
{
    private const string Prefix = "0x";
    private const int MaxLength = 18;

    public override nint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string text = reader.GetString() ?? "";
        return text.StartsWith(Prefix, StringComparison.Ordinal)
            && nint.TryParse(text.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out nint address)
            ? address
            : throw new JsonException($"'{text}' is not an address such as \"0x7f3c5c0012a0\".");
    }

    public override void Write(Utf8JsonWriter writer, nint value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[MaxLength];
        Prefix.CopyTo(text);
        _ = value.TryFormat(text[Prefix.Length..], out int written, "x", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..(Prefix.Length + written)]);
    }
}
