using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Subjects;

/// <summary>Which calls to a system's memory are refused: the n-th from now, all of a kind for a while, or some at random.</summary>
internal abstract class FallibleMemory(ProgramOptions options)
{
    private readonly int _percent = options.FaultPercent;
    private SplitMix _random = new(options.Seed ^ 0xFA17);
    private int _failAfter;

    /// <summary>Whether calls may fail at all; nothing does before it is set.</summary>
    public bool Armed { get; set; }

    /// <summary>The calls that always fail.</summary>
    public MemoryCalls Down { get; set; }

    /// <summary>The calls refused since <see cref="BeginStep"/>.</summary>
    public MemoryCalls Refused { get; private set; }

    /// <summary>The calls ever refused.</summary>
    public MemoryCalls EverRefused { get; private set; }

    public void BeginStep() => Refused = MemoryCalls.None;

    /// <summary>Lets the <paramref name="calls"/>-th call from now fail; 0 for none.</summary>
    public void FailAfter(int calls) => _failAfter = calls;

    protected bool Fails(MemoryCalls call)
    {
        bool fails = Armed && ((Down & call) != 0 || (_failAfter > 0 && --_failAfter == 0) || (_percent > 0 && _random.Chance(_percent)));
        if (fails)
        {
            Refuse(call);
        }

        return fails;
    }

    protected void Refuse(MemoryCalls call)
    {
        Refused |= call;
        EverRefused |= call;
    }
}
