using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Campaigns;

/// <summary>Draws the steps of one program of a membuf heap.</summary>
internal sealed class MembufProgramGenerator : IProgramSource
{
    private static readonly long[] Presets = [2, 1 << 16, int.MaxValue, 1L << 31, uint.MaxValue - 2L, uint.MaxValue - 1L, uint.MaxValue];
    private static readonly MemoryCalls[] Outages =
    [
        MemoryCalls.None, MemoryCalls.None, MemoryCalls.None, MemoryCalls.Reserve, MemoryCalls.Commit, MemoryCalls.Decommit,
        MemoryCalls.Reserve | MemoryCalls.Allocate, MemoryCalls.Allocate, MemoryCalls.All,
    ];

    private readonly MembufProfile _profile;
    private SplitMix _random;
    private bool _draining;

    public MembufProgramGenerator(MembufProfile profile, ulong seed, int region)
    {
        _profile = profile;
        _random = new SplitMix(seed);
        Length = _random.Between(profile.MinLength, profile.MaxLength);
        Options = new ProgramOptions
        {
            Campaign = profile.Name,
            Seed = seed,
            Region = region,
            Membufs = _random.Pick<int>(profile.Threads),
            Policy = _random.Pick<RmDisposePolicy>(profile.Policies),
            CountsReferences = _random.Chance(20),
            PassThrough = _random.Chance(10),
            ChunkSize = 1L << (20 + _random.Below(3)),
            Spare = _random.Below(101),
            Limit = _random.Pick<long>(profile.Limits),
            FaultPercent = _random.Pick<int>(profile.FaultPercents),
        };
    }

    public ProgramOptions Options { get; }

    public int Length { get; }

    public IExecution Begin(FixedRegion region) => new MembufExecution(Options);

    public Op Next(IExecution subject)
    {
        MembufExecution run = (MembufExecution)subject;
        int live = run.Model.Live.Count;
        _draining = _draining ? live > _profile.MaxLive / 16 && live > 0 : live >= _profile.MaxLive;
        OpCode code = _random.Pick(_profile.Mix);
        if (_draining && code is >= OpCode.MembufAlloc and <= OpCode.MembufAllocFunction)
        {
            code = _random.Chance(50) ? OpCode.MembufDeref : OpCode.MembufDerefAll;
        }

        return Draw(code, run);
    }

    private Op Draw(OpCode code, MembufExecution run) => code switch
    {
        OpCode.MembufOn => new Op(code, 0, _random.Below(Options.Membufs)),
        OpCode.MembufAllocFunction => new Op(code, FreeRegister(run), Size()),
        >= OpCode.MembufAlloc and <= OpCode.MembufAllocFunction => new Op(code, FreeRegister(run), Size(), Alignment()),
        OpCode.MembufRef or OpCode.MembufDeref => new Op(code, UsedRegister(run), _random.Below(4)),
        OpCode.MembufPreset => new Op(code, UsedRegister(run), _random.Pick<long>(Presets)),
        OpCode.MembufReact => new Op(code, UsedRegister(run), (long)_random.Pick<MembufEnd>(_profile.Ends), UsedRegister(run)),
        OpCode.MembufDerefAll or OpCode.MembufLook => new Op(code, UsedRegister(run)),
        OpCode.MembufStray => new Op(code, UsedRegister(run), _random.Chance(50) ? _random.Between(-64, 64) : 1L << _random.Below(24)),
        OpCode.MembufStrayAt => new Op(code, 0, _random.Chance(50) ? (long)_random.Next() : 1L << _random.Below(63)),
        OpCode.MemoryFail => new Op(code, 0, _random.Below(6)),
        OpCode.MemoryDown => new Op(code, 0, (long)_random.Pick<MemoryCalls>(Outages)),
        _ => new Op(code),
    };

    private int FreeRegister(MembufExecution run)
    {
        int register = _random.Below(run.RegisterLimit + 1);
        return run.IsLive(register) ? run.RegisterLimit : register;
    }

    private int UsedRegister(MembufExecution run)
    {
        IReadOnlyList<MembufBlock> live = run.Model.Live;
        return live.Count == 0 || _random.Chance(_profile.StrayPercent) ? _random.Below(run.RegisterLimit + 1) : live[_random.Below(live.Count)].Register;
    }

    private long Size() => _random.Below(100) switch
    {
        0 => 1L << _random.Between(46, 62),
        1 => _random.Below(2 << 20),
        < 5 => _random.Below(100_000),
        < 40 => _random.Below(300),
        _ => _random.Pick<int>(_profile.Sizes),
    };

    private long Alignment() => _random.Below(100) switch
    {
        // A pass-through arena gives malloc's.
        _ when Options.PassThrough => 0,
        < 70 => 0,
        < 97 => 1L << _random.Below(13),
        _ => 1L << _random.Below(18),
    };
}
