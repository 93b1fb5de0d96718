using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Campaigns;

/// <summary>Draws the steps of one program of heaps.</summary>
internal sealed class HeapProgramGenerator : IProgramSource
{
    private static readonly long[] Budgets = [0, 1, 4096, 5000, 65536, 1 << 20, long.MaxValue, long.MaxValue];
    private static readonly MemoryCalls[] Outages =
    [
        MemoryCalls.None, MemoryCalls.None, MemoryCalls.None, MemoryCalls.Reserve, MemoryCalls.Commit, MemoryCalls.Decommit, MemoryCalls.Move,
        MemoryCalls.Reserve | MemoryCalls.Allocate, MemoryCalls.Allocate, MemoryCalls.Commit | MemoryCalls.Decommit, MemoryCalls.All,
    ];

    private static readonly long[] OddElements = [1, 2, 3, 4095, 4097, 65535, 65536, 65537, 100_000];

    private const long LargestBlock = 300_000;

    private readonly HeapProfile _profile;
    private readonly int _usualSize;
    private SplitMix _random;
    private bool _draining;

    public HeapProgramGenerator(HeapProfile profile, ulong seed, int region)
    {
        _profile = profile;
        _random = new SplitMix(seed);
        Length = _random.Between(profile.MinLength, profile.MaxLength);
        _usualSize = 1 + _random.Below(profile.MaxSize);
        Options = new ProgramOptions
        {
            Campaign = profile.Name,
            Seed = seed,
            Heaps = _random.Pick<int>(profile.Heaps),
            PassThrough = profile.PassThrough,
            ChunkSize = 1L << (20 + _random.Below(4)),
            Limit = _random.Pick<long>(profile.Limits),
            Spare = _random.Pick<int>(profile.Spares),
            TrimEvery = _random.Chance(20) ? _random.Between(1, 8) : 0,
            PageSize = _random.Below(8) switch { 0 => 65536, 1 => 16384, _ => 4096 },
            ClosesPages = _random.Chance(40),
            FaultPercent = _random.Pick<int>(profile.FaultPercents),
            Lent = _random.Pick<long>(profile.Lent),
            Region = region,
            BlockHeaps = _random.Pick<int>(profile.BlockHeaps),
            ElementSize = _random.Below(4) switch { 0 => 1 + _random.Below(40), 1 => 1L << _random.Below(15), 2 => _random.Pick<long>(OddElements), _ => 1 + _random.Below(2000) },
            ElementsPerBlock = _random.Below(4) switch { 0 => 1 + _random.Below(8), 1 => 1 << _random.Below(11), _ => 1 + _random.Below(500) },
            ElementAlignment = _random.Chance(30) ? 1 << _random.Below(14) : 0,
            KeepEmptyBlocks = _random.Below(4),
            ZeroesElements = _random.Chance(70),
        };

        // The first block must fit, whatever the limit.
        long stride = Math.Max(Options.ElementSize, Options.ElementAlignment);
        Options = Options with { ElementsPerBlock = (int)Math.Clamp(LargestBlock / stride, 1, Options.ElementsPerBlock) };
    }

    public ProgramOptions Options { get; }

    public int Length { get; }

    public IExecution Begin(FixedRegion region) => new HeapExecution(Options, region);

    public Op Next(IExecution subject)
    {
        HeapExecution run = (HeapExecution)subject;
        int live = run.Model.Live.Count;
        long bytes = 0;
        for (int pool = 0; pool < Options.Heaps + Options.BlockHeaps; pool++)
        {
            bytes += (long)run.Model.BytesOf(pool);
        }

        _draining = _draining
            ? live > _profile.MaxLive / 16 && live > 0
            : live >= _profile.MaxLive || bytes > _profile.MaxBytes;
        OpCode code = _random.Pick(_profile.Mix);
        if (_draining && code is OpCode.HeapAllocate or OpCode.HeapZeroed or OpCode.HeapAligned && _random.Chance(80))
        {
            code = OpCode.HeapFree;
        }

        return Draw(code, run);
    }

    private Op Draw(OpCode code, HeapExecution run)
    {
        int used = UsedRegister(run);
        return code switch
        {
            OpCode.HeapAllocate or OpCode.HeapZeroed => new Op(code, FreeRegister(run), Size()),
            OpCode.HeapAligned => new Op(code, FreeRegister(run), Alignment(), Size()),
            OpCode.HeapReallocate => new Op(code, used, NewSize(run, used)),
            OpCode.HeapFreeInside => new Op(code, used, _random.Chance(50) ? _random.Below(64) : _random.Below(1 << 22)),
            OpCode.HeapFreeOther or OpCode.HeapBadArgument or OpCode.HeapReallocateWrong => new Op(code, used, _random.Below(6)),
            OpCode.HeapFreeAgain => new Op(code, _random.Below(run.RegisterLimit + 1)),
            OpCode.HeapFreeAt => new Op(code, used, Address(run)),
            OpCode.HeapTrim => new Op(code, used, _random.Pick<long>(Budgets)),
            OpCode.ArenaTrim => new Op(code, 0, _random.Pick<long>(Budgets)),
            OpCode.ArenaLimit => new Op(code, 0, Limit(run)),
            OpCode.ArenaSpare => new Op(code, 0, _random.Pick<int>(_profile.Spares)),
            OpCode.MemoryFail => new Op(code, 0, _random.Below(5)),
            OpCode.MemoryDown => new Op(code, 0, (long)_random.Pick<MemoryCalls>(Outages)),
            OpCode.HeapVerify => new Op(code),
            _ => new Op(code, used),
        };
    }

    private int FreeRegister(HeapExecution run)
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

    private int UsedRegister(HeapExecution run)
    {
        int live = run.Model.Live.Count;
        return live == 0 || _random.Chance(_profile.StrayPercent)
            ? _random.Below(run.RegisterLimit + 1)
            : run.Model.Live[_random.Below(live)].Register;
    }

    private long Size()
    {
        if (Options.BlockHeaps > 0 && _random.Chance(60))
        {
            return Options.ElementSize - (_random.Chance(80) ? 0 : _random.Below(8));
        }

        if (_random.Chance(_profile.HugePercent))
        {
            return (1 << 20) - 100 + _random.Below(2 << 20);
        }

        return _random.Below(64) switch
        {
            0 => long.MinValue + _random.Below(16),
            1 => -1 - _random.Below(1 << 17),
            2 => 0,
            < 24 => 1L << _random.Below(System.Numerics.BitOperations.Log2((uint)_profile.MaxSize) + 1),
            < 40 => _random.Below(_usualSize),
            < 48 => _random.Below(_profile.MaxSize),
            _ => _usualSize,
        };
    }

    private long NewSize(HeapExecution run, int register)
    {
        if (!_random.Chance(60) || !run.Model.TryFind(run.Register(register), out HeapBlock? block))
        {
            return Size();
        }

        // A little more, a little less, twice, half.
        long size = (long)block.Size;
        return _random.Below(5) switch
        {
            0 => size + _random.Below(64),
            1 => Math.Max(size - _random.Below(64), 0),
            2 => size * 2,
            3 => size / 2,
            _ => size + _random.Below((int)Math.Min(size + 1, 1 << 20)),
        };
    }

    private long Alignment() =>
        _random.Chance(_profile.WideAlignmentPercent) ? 1L << (17 + _random.Below(5))
        : _random.Chance(2) ? 1L << 62
        : 1L << _random.Below(17);

    private long Limit(HeapExecution run)
    {
        long inUse = (long)(run.Arena.CommittedBytes - run.Arena.SpareBytes);
        return _random.Below(8) switch
        {
            0 => 0,
            1 => Math.Max(inUse - _random.Below(1 << 20), 1),
            2 => Math.Max(inUse, 1),
            3 => (long)run.Arena.CommittedBytes + 1,
            _ => inUse + 1 + _random.Below(1 << 22),
        };
    }

    private long Address(HeapExecution run)
    {
        IReadOnlyList<HeapBlock> live = run.Model.Live;
        return _random.Below(8) switch
        {
            0 => 0,
            1 => (long)_random.Next(),
            2 => 1L << _random.Below(63),
            3 or 4 when live.Count > 0 => live[_random.Below(live.Count)].Address + (1L << _random.Below(20)),
            5 when live.Count > 0 => live[_random.Below(live.Count)].Address ^ (1L << (40 + _random.Below(24))),
            6 when live.Count > 0 => live[_random.Below(live.Count)].Address & -65536,
            _ => run.Register(_random.Below(run.RegisterLimit + 1)) - 16,
        };
    }
}
