using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Campaigns;

/// <summary>Draws the scripts of threads that run freely: all steps of one thread, then all of the next.</summary>
internal sealed class RacingProgramGenerator : IProgramSource
{
    private static readonly int[] TightRounds = [20, 500, 4000];

    private static readonly (OpCode, int)[] Mix =
    [
        (OpCode.MembufAlloc, 12), (OpCode.MembufAllocEnding, 12), (OpCode.MembufAllocFunction, 4), (OpCode.MembufAllocLinked, 6), (OpCode.MembufRef, 22),
        (OpCode.MembufDeref, 40), (OpCode.MembufDerefAll, 8), (OpCode.MembufSend, 30), (OpCode.MembufTake, 40), (OpCode.MembufLook, 8), (OpCode.MembufPause, 8),
        (OpCode.MembufSettle, 4), (OpCode.MembufDetach, 2), (OpCode.MembufLeave, 1),
    ];

    // What both threads do over and over: the first hands blocks to the second while it goes on with them.
    private static readonly (OpCode[] First, OpCode[] Second)[] Tight =
    [
        ([OpCode.MembufRef, OpCode.MembufSend, OpCode.MembufPause, OpCode.MembufDeref], [OpCode.MembufTake, OpCode.MembufDeref]),
        ([OpCode.MembufSend], [OpCode.MembufTake, OpCode.MembufDeref]),
        (
            [OpCode.MembufRef, OpCode.MembufSend, OpCode.MembufPause, OpCode.MembufRef, OpCode.MembufDeref, OpCode.MembufDeref],
            [OpCode.MembufTake, OpCode.MembufRef, OpCode.MembufDeref, OpCode.MembufDeref]
        ),
        (
            [OpCode.MembufRef, OpCode.MembufRef, OpCode.MembufSend, OpCode.MembufDeref, OpCode.MembufPause, OpCode.MembufDeref, OpCode.MembufSettle],
            [OpCode.MembufTake, OpCode.MembufDeref]
        ),
        ([OpCode.MembufSend, OpCode.MembufPause, OpCode.MembufDetach], [OpCode.MembufTake, OpCode.MembufDeref]),
        (
            [OpCode.MembufRef, OpCode.MembufSend, OpCode.MembufPause, OpCode.MembufDeref, OpCode.MembufSettle],
            [OpCode.MembufTake, OpCode.MembufPause, OpCode.MembufRef, OpCode.MembufDeref, OpCode.MembufDeref]
        ),
    ];

    private readonly OpCode[] _mix = [.. Mix.SelectMany(s => Enumerable.Repeat(s.Item1, s.Item2))];
    private readonly List<Op> _ops = [];
    private SplitMix _random;
    private int _next;

    public RacingProgramGenerator(RacingProfile profile, ulong seed, int region)
    {
        _random = new SplitMix(seed);
        bool tight = _random.Chance(profile.TightPercent);
        int threads = tight ? 2 + _random.Below(2) : _random.Pick<int>(profile.Threads);
        Options = new ProgramOptions
        {
            Campaign = profile.Name,
            Seed = seed,
            Region = region,
            Membufs = threads,
            Rounds = tight ? _random.Pick<int>(TightRounds) : _random.Pick<int>(profile.Rounds),
            CountsReferences = _random.Chance(10),
            ChunkSize = 1 << 20,
            Spare = 50,
        };
        if (tight)
        {
            DrawTight(threads);
        }
        else
        {
            DrawFree(threads, _random.Between(profile.MinLength, profile.MaxLength));
        }
    }

    public ProgramOptions Options { get; }

    public int Length => _ops.Count;

    public IExecution Begin(FixedRegion region) => new RacingExecution(Options);

    public Op Next(IExecution subject) => _ops[_next++];

    private void DrawFree(int threads, int steps)
    {
        for (int thread = 0; thread < threads; thread++)
        {
            _ops.Add(new Op(OpCode.MembufOn, 0, thread));
            for (int i = 0; i < steps / threads; i++)
            {
                _ops.Add(Operands(_random.Pick<OpCode>(_mix), threads));
            }
        }
    }

    private void DrawTight(int threads)
    {
        (OpCode[] first, OpCode[] second) = _random.Pick<(OpCode[], OpCode[])>(Tight);
        OpCode giving = _random.Below(3) switch { 0 => OpCode.MembufAllocEnding, _ => OpCode.MembufAlloc };
        _ops.Add(new Op(OpCode.MembufOn));
        _ops.Add(new Op(giving, 0, 16));
        _ops.AddRange(first.Select(code => Tightly(code, 1 + _random.Below(threads - 1))));
        for (int thread = 1; thread < threads; thread++)
        {
            _ops.Add(new Op(OpCode.MembufOn, 0, thread));
            _ops.AddRange(second.Select(code => Tightly(code, 0)));
        }
    }

    private Op Tightly(OpCode code, int other) => code switch
    {
        OpCode.MembufSend => new Op(code, 0, other),
        OpCode.MembufPause => new Op(code, 0, 1 << _random.Below(8)),
        _ => new Op(code),
    };

    private Op Operands(OpCode code, int threads)
    {
        int slot = _random.Below(RacingExecution.Slots);
        return code switch
        {
            >= OpCode.MembufAlloc and <= OpCode.MembufAllocFunction => new Op(code, slot, Size()),
            OpCode.MembufAllocLinked => new Op(code, slot, Size(), _random.Below(RacingExecution.Slots)),
            OpCode.MembufRef or OpCode.MembufDeref => new Op(code, slot, _random.Below(4)),
            OpCode.MembufSend => new Op(code, slot, _random.Below(threads)),
            OpCode.MembufPause => new Op(code, 0, 1 << _random.Below(8)),
            _ => new Op(code, slot),
        };
    }

    private int Size() => _random.Below(20) switch
    {
        0 => 40_000,
        < 4 => _random.Below(3000),
        _ => 16 + (16 * _random.Below(4)),
    };
}
