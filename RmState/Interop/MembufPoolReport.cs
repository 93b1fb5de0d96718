using System.Globalization;
using System.Text;

namespace Rm.Interop;

/// <summary>The owners of a pool that lived at some moment.</summary>
/// <param name="Heap">The name of the pool's heap, or null.</param>
/// <param name="Owners">Each of them; whoever knows that one is forgotten may dispose it.</param>
public sealed record MembufPoolReport(string? Heap, IReadOnlyList<MembufOwner> Owners)
{
    /// <summary>How many lived.</summary>
    public int Rented => Owners.Count;

    /// <summary>Their sizes together.</summary>
    public long Bytes => Owners.Sum(static owner => (long)owner.Length);

    /// <summary>The report as text, a line an owner.</summary>
    /// <returns>Several lines.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"membuf pool '{Heap ?? "unnamed"}': {Rented} owners live, {Bytes} bytes");
        foreach (MembufOwner owner in Owners)
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"  {owner}");
        }

        return text.ToString();
    }
}
