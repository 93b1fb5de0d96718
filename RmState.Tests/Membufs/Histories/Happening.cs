namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// Something a judge hears of: <paramref name="What"/> and <paramref name="Value"/> as told, or the result in the latter.
/// </summary>
internal sealed record Happening(HappeningKind Kind, Operation Operation, int What = 0, long Value = 0, string? Text = null)
{
    public override string ToString() => Kind switch
    {
        HappeningKind.Begun => "begins",
        HappeningKind.Returned => $"returns {Value}",
        HappeningKind.Told => Text ?? $"tells {What} of {Value}",
        _ => $"breaks: {Text}",
    };
}
