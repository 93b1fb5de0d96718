using System.Runtime.CompilerServices;

namespace Rm.Tool.Replay;

/// <summary>What a replay counts: how far it is, how much it compared, what it found wrong.</summary>
internal sealed class ReplayTally
{
    private const int MostMessages = 8;

    private readonly List<string> _messages = [];

    /// <summary>Started before the first event and stopped after the last.</summary>
    public ReplayClock Clock { get; } = new();

    /// <summary>By number in the replay: an object's number in the trace, where the two differ.</summary>
    public IReadOnlyList<int>? Ids { get; init; }

    /// <summary>The event being replayed; kept up to date so that a failure can name it.</summary>
    public int Event { get; set; }

    /// <summary>The object the next allocation makes.</summary>
    public int NextObject { get; set; }

    public long Checks { get; set; }

    public long Violations { get; private set; }

    /// <summary>Blocks that were allocated and freed besides those of the trace.</summary>
    public long SpareBlocks { get; set; }

    /// <summary>References that were added besides those of the trace.</summary>
    public long Retains { get; set; }

    /// <summary>The first few violations, one line each.</summary>
    public IReadOnlyList<string> Messages => _messages;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Report(string message)
    {
        if (Violations++ < MostMessages)
        {
            _messages.Add(message);
        }
    }

    /// <summary>Takes over the checks and violations of another tally.</summary>
    public void Add(ReplayTally other)
    {
        Checks += other.Checks;
        foreach (string message in other.Messages)
        {
            Report(message);
        }

        Violations += other.Violations - other.Messages.Count;
    }

    /// <summary>Reports a byte that is not what was written.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void ReportByte(int id, nuint offset, byte expected, byte found) =>
        Report($"event {Event}: object {NumberOf(id)}: byte {offset} reads 0x{found:X2}, should be 0x{expected:X2}");

    /// <summary>Reports a block that does not begin at a multiple of its alignment.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void ReportAlignment(int id, nuint alignment) => Report($"event {Event}: object {NumberOf(id)} is not aligned to {alignment} bytes");

    /// <summary>Reports a number that is not the one expected.</summary>
    public void Expect(string what, long expected, long actual)
    {
        Checks++;
        if (expected != actual)
        {
            Report($"{what}: {actual}, and the trace says {expected}");
        }
    }

    /// <summary>Reports a number that is below or above those expected.</summary>
    public void ExpectBetween(string what, long least, long most, long actual)
    {
        if (least == most)
        {
            Expect(what, least, actual);
            return;
        }

        Checks++;
        if (actual < least || actual > most)
        {
            Report($"{what}: {actual}, and should be {least} to {most}");
        }
    }

    private int NumberOf(int id) => Ids is null ? id : Ids[id];
}
