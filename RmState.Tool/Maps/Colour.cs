using System.Globalization;

namespace Rm.Tool.Maps;

/// <summary>A colour of the picture.</summary>
internal readonly record struct Colour(byte Red, byte Green, byte Blue)
{
    public static Colour White => new(255, 255, 255);

    /// <summary>A colour of a hue.</summary>
    /// <param name="hue">Degrees.</param>
    /// <param name="saturation">0 (grey) to 1.</param>
    /// <param name="lightness">0 (black) to 1 (white).</param>
    public static Colour FromHue(double hue, double saturation, double lightness)
    {
        double chroma = saturation * Math.Min(lightness, 1 - lightness);
        byte Channel(int offset)
        {
            double position = (offset + (hue / 30)) % 12;
            return (byte)Math.Round(255 * (lightness - (chroma * Math.Max(-1, Math.Min(position - 3, Math.Min(9 - position, 1))))));
        }

        return new Colour(Channel(0), Channel(8), Channel(4));
    }

    /// <summary>This colour on a white ground.</summary>
    /// <param name="share">0 (white) to 1 (this colour).</param>
    public Colour Thinned(double share)
    {
        byte Channel(byte value) => (byte)Math.Round(255 - ((255 - value) * share));
        return new Colour(Channel(Red), Channel(Green), Channel(Blue));
    }

    /// <summary>As SVG wants it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"#{Red:x2}{Green:x2}{Blue:x2}");
}
