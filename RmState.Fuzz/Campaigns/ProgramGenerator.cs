using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Campaigns;

/// <summary>Draws the steps of one program of a state.</summary>
internal sealed class ProgramGenerator : IProgramSource
{
    private static readonly int[] Slices = [1, 1, 2, 8, 64, int.MaxValue];

    private readonly CampaignProfile _profile;
    private readonly AddressSource _addresses;
    private SplitMix _random;
    private bool _draining;

    public ProgramGenerator(CampaignProfile profile, ulong seed, int region)
    {
        _profile = profile;
        _random = new SplitMix(seed);
        _addresses = new AddressSource(profile, seed);
        Length = _random.Between(profile.MinLength, profile.MaxLength);
        Options = new ProgramOptions
        {
            Campaign = profile.Name,
            Seed = seed,
            Capacity = _random.Pick<int>(profile.Capacities),
            TableSeed = _random.Next() | 1,
            Policy = _random.Pick<RmDisposePolicy>(profile.Policies),
            Allocator = _random.Pick<AllocatorKind>(profile.Allocators),
            CheckedTable = !_random.Chance(profile.DefaultTablePercent),
            KeepsSpares = !_random.Chance(25),
            Region = region,
            Sabotage = profile.Sabotage,
            ChunkSize = 1L << (20 + _random.Below(3)),
            Spare = _random.Below(101),
            PageSize = _random.Below(8) == 0 ? 16384 : 4096,
            ClosesPages = _random.Chance(40),
            Level = _random.Pick<RmDiagnosticsLevel>(profile.Levels),
            History = _random.Pick<int>(profile.Histories),
            Quarantine = _random.Pick<int>(profile.Quarantines),
        };
    }

    public ProgramOptions Options { get; }

    public int Length { get; }

    public IExecution Begin(FixedRegion region) => new Execution(Options, region);

    public Op Next(IExecution subject)
    {
        Execution run = (Execution)subject;
        int live = run.Model.Live.Count;
        _draining = _draining ? live > _profile.MaxLive / 16 : live >= _profile.MaxLive;
        OpCode code = _random.Pick(_profile.Mix);
        if (_draining && IsGiving(code))
        {
            code = _random.Chance(85) ? OpCode.ReleaseAll : OpCode.Detach;
        }

        return IsGiving(code) ? Giving(code, run) : IsDiagnosing(code) ? Diagnosing(code, run) : Using(code, run);
    }

    private static bool IsGiving(OpCode code) => code is (>= OpCode.Malloc and < OpCode.Realloc) or (>= OpCode.AttachHeap and < OpCode.AttachAgain);

    private static bool IsDiagnosing(OpCode code) => code is >= OpCode.Level and <= OpCode.Explain;

    private Op Diagnosing(OpCode code, Execution run) => code switch
    {
        OpCode.Level => new Op(code, 0, _random.Below(3)),

        // Mostly few places, so that one does things often.
        OpCode.At => new Op(code, 0, _random.Chance(70) ? _random.Below(6) : _random.Below(32)),
        OpCode.RetainAs => new Op(code, UsedRegister(run), _random.Below(24), _random.Below(2)),
        OpCode.EndHold => new Op(code, 0, _random.Below(24)),
        OpCode.WhoHolds => new Op(code, UsedRegister(run)),
        OpCode.ExplainAt => new Op(code, _random.Below(run.RegisterLimit + 1), 0, _random.Chance(60) ? 0 : _random.Between(-8, 64)),
        _ => new Op(code, 0, _addresses.Next(ref _random, run)),
    };

    private Op Giving(OpCode code, Execution run)
    {
        int register = FreeRegister(run);
        long size = Size(run);
        return code switch
        {
            OpCode.Calloc or OpCode.TryCalloc => new Op(code, register, _random.Chance(2) ? long.MaxValue : _random.Below(40), _random.Below(40)),
            OpCode.Aligned or OpCode.TryAligned => new Op(code, register, 1L << _random.Below(13), Math.Min(size, 4096)),
            OpCode.MallocTyped => new Op(code, register, _random.Below(100)),
            >= OpCode.AttachHeap and <= OpCode.AttachOrRetainHeap => new Op(code, register, _random.Below(300), _random.Below(2)),
            OpCode.AttachNext => new Op(code, register, Math.Min(size, 4096)),
            >= OpCode.AttachDelegate => new Op(code, register, _addresses.Next(ref _random, run), AttachedSize()),
            _ => new Op(code, register, size, _random.Below(2)),
        };
    }

    private Op Using(OpCode code, Execution run)
    {
        int register = UsedRegister(run);
        return code switch
        {
            OpCode.Realloc or OpCode.TryRealloc => new Op(code, register, Size(run), _random.Below(2)),
            OpCode.RetainMany => new Op(code, register, Times(300, 66_000)),
            OpCode.ReleaseMany => new Op(code, register, Times(40, 33_000)),
            OpCode.Preset => new Op(code, register, _random.Pick<long>(_profile.Presets)),
            OpCode.React => new Op(code, register, (long)_random.Pick<Reaction>(_profile.Reactions), ReactionRegister(run)),
            OpCode.LookAt => new Op(code, 0, _addresses.Next(ref _random, run)),
            OpCode.MisuseAt => new Op(code, 0, _addresses.Next(ref _random, run), _random.Below(6)),
            OpCode.NullArgument or OpCode.BadArgument => new Op(code, 0, _random.Below(60)),
            OpCode.EnumerateChanged => new Op(code, register, _random.Below(6), _random.Below(5)),
            OpCode.Trim => new Op(code, 0, _random.Pick<int>(Slices)),
            OpCode.FailAllocator or OpCode.FailTable => new Op(code, 0, _random.Below(4)),
            OpCode.Reenter => new Op(code, FreeRegister(run), _random.Below(4)),
            OpCode.Enumerate or OpCode.Report or OpCode.Verify or OpCode.Reset or OpCode.TableDown or OpCode.TableUp => new Op(code),
            OpCode.ReleaseAll or OpCode.Generation or OpCode.ReuseBehind => new Op(code, register),
            _ => new Op(code, register, 0, _random.Below(2)),
        };
    }

    // Now and then as many as it takes to outgrow 16 bits and to come back.
    private long Times(int few, int many) => _random.Chance(_profile.ManyPercent) ? many : _random.Between(2, few);

    private int FreeRegister(Execution run)
    {
        for (int i = 0; i < 3; i++)
        {
            int register = _random.Below(run.RegisterLimit + 1);
            if (!run.IsLive(register))
            {
                return register;
            }
        }

        return run.RegisterLimit;
    }

    private int UsedRegister(Execution run)
    {
        int live = run.Model.Live.Count;
        return live == 0 || _random.Chance(_profile.StrayPercent)
            ? _random.Below(run.RegisterLimit + 1)
            : run.Model.Live[_random.Below(live)].Register;
    }

    // Mostly a block that lives now, so that chains form; sometimes one to come.
    private int ReactionRegister(Execution run) => _random.Chance(70) ? UsedRegister(run) : _random.Below(run.RegisterLimit + 4);

    private long Size(Execution run) => _random.Below(64) switch
    {
        0 => long.MinValue + _random.Below(16),
        1 => -1,

        // Where a size outgrows its field; libc maps such a block and touches nothing.
        3 when run.Region is null && _random.Chance(10) => (1 << 26) - 4 + _random.Below(8),
        2 when run.Model.Live.Count < 1000 => _random.Below(100_000),
        < 30 => _random.Below(300),
        _ => _random.Pick<int>(_profile.Sizes),
    };

    private long AttachedSize() => _random.Below(4) switch
    {
        0 => -1,
        1 => _random.Pick<int>(_profile.Sizes),
        2 => 1L << _random.Below(40),
        _ => _random.Below(10_000),
    };
}
