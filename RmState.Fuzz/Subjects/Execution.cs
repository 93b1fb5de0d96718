using System.Diagnostics.CodeAnalysis;
using Rm.Arenas;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Memory;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <summary>
/// Takes the steps of a program with a real state and with its model, and compares the two after each. A difference is a
/// <see cref="MismatchException"/>; the state must not be used afterwards.
/// </summary>
internal sealed unsafe partial class Execution : IExecution
{
    private const string StateName = "fuzzed";

    // Native deallocators have no other way to find the execution they belong to.
    [ThreadStatic]
    private static Execution? _current;

    private readonly ProgramOptions _options;
    private readonly RmState _state;
    private readonly StateModel _model;
    private readonly RegionAllocator? _region;
    private readonly CheckedTableMemory? _table;
    private readonly Action<nint> _deallocator;
    private readonly List<MemoryViolationException> _reported = [];
    private nint[] _registers = new nint[64];
    private string? _fault;
    private ulong _patterns;
    private int _untilFullComparison = 64;
    private bool _finished;

    public Execution(ProgramOptions options, FixedRegion region)
    {
        _options = options;
        _region = options.Allocator is AllocatorKind.Region or AllocatorKind.SizedRegion
            ? new RegionAllocator(region.Start, options.Allocator == AllocatorKind.SizedRegion)
            : null;
        if (options.Allocator is AllocatorKind.Arena or AllocatorKind.PassThrough)
        {
            _memory = new SimulatedMemory(region, options);
            _arena = new Arena(new ArenaOptions
            {
                ChunkSize = (nuint)options.ChunkSize,
                SpareFraction = options.Spare / 100.0,
                PassThrough = options.Allocator == AllocatorKind.PassThrough,
                Memory = _memory,
            });
            _heap = _arena.CreateHeap("fuzzed");
            _memory.Armed = true;
        }

        bool knowsSizes = options.Allocator is AllocatorKind.SizedRegion or AllocatorKind.Arena or AllocatorKind.PassThrough;
        _model = new StateModel(new SiteModel(options.History, options.Quarantine, knowsSizes) { Level = options.Level });
        GoTo(0);
        _diagnosed = options.Level != RmDiagnosticsLevel.Counters;
        _table = options.CheckedTable ? new CheckedTableMemory() : null;
        _deallocator = block => Deallocating(block, mayThrow: true);
        _state = new RmState(new RmStateOptions
        {
            InitialCapacity = options.Capacity,
            Allocator = (INativeAllocator?)_region ?? _heap,
            TableMemory = _table,
            KeepsSpareBlocks = options.KeepsSpares,
            DisposePolicy = options.Policy,
            Seed = options.TableSeed,
            Name = StateName,
            Level = options.Level,
            HistoryLength = options.History,
            QuarantineLength = options.Quarantine,
            OnLeak = Leaking,
            OnViolation = _reported.Add,
        });
    }

    public StateModel Model => _model;

    public RegionAllocator? Region => _region;

    /// <summary>Registers that were ever set lie below this number.</summary>
    public int RegisterLimit { get; private set; }

    public long Capacity => _state.Statistics.Capacity;

    /// <summary>The block a register holds or held last, 0 if it was never set.</summary>
    public nint Register(int register) => register < RegisterLimit ? _registers[register] : 0;

    /// <summary>Whether a live block belongs to this register: a stale address may by now be another register's block.</summary>
    public bool IsLive(int register) => _model.TryFindLive(Register(register), out ModelBlock? block) && block.Register == register;

    /// <summary>Takes one step and compares.</summary>
    public void Step(Op op)
    {
        _current = this;
        try
        {
            Dispatch(op);
            CompareAfter(op);
        }
        catch (MismatchException)
        {
            throw;
        }
        catch (Exception e)
        {
            throw new MismatchException($"unexpected {e.GetType().Name}: {e.Message}", e);
        }
    }

    [SuppressMessage("Usage", "CA1816", Justification = "What must not be finalized is the state that a mismatch left broken, not this object.")]
    public void Dispose()
    {
        if (_finished)
        {
            return;
        }

        // After a mismatch the table may be broken: nothing may touch it again, not even its finalizer.
        GC.SuppressFinalize(_state);
        _table?.FreeAll();
    }

    private static bool IsRaw(Op op) => (op.B & 1) != 0;

    private void Dispatch(Op op)
    {
        switch ((int)op.Code >> 4)
        {
            case 1:
                Allocate(op);
                break;
            case 2:
                Attach(op);
                break;
            case 3:
                ChangeCount(op);
                break;
            case 4:
                Look(op);
                break;
            case 5:
                ChangeState(op);
                break;
            case 6:
                Disturb(op);
                break;
            case 10:
                Diagnose(op);
                break;
            default:
                throw new MismatchException($"'{op}' is no step of a state");
        }
    }

    private void SetRegister(int register, nint block)
    {
        if (register >= _registers.Length)
        {
            Array.Resize(ref _registers, Math.Max(register + 1, _registers.Length * 2));
        }

        _registers[register] = block;
        RegisterLimit = Math.Max(RegisterLimit, register + 1);
    }

    // The call had to be refused with exactly this exception, and violations are counted.
    private void Refused<TException>(Exception? thrown, string call, nint block)
        where TException : Exception
    {
        Require(thrown is TException, $"{call} of 0x{block:x} gave {thrown?.GetType().Name ?? "no exception"}, not {typeof(TException).Name}");
        if (thrown is MemoryViolationException violation)
        {
            _model.Totals.Violations++;
            Same(block, violation.Block, $"the block of {typeof(TException).Name}");
        }
    }

    // Live blocks are handled by the caller; this is what every other pointer gets.
    private void RefusedAsUnknown(Exception? thrown, string call, nint block)
    {
        if (block == 0)
        {
            Refused<ArgumentNullException>(thrown, call, block);
        }
        else if (_model.Find(block) is not null)
        {
            Refused<FinalizingBlockException>(thrown, call, block);
        }
        else
        {
            Refused<UntrackedPointerException>(thrown, call, block);
        }
    }
}
