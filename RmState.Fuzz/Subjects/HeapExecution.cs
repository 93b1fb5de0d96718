using Rm.Arenas;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Memory;

namespace Rm.Fuzz.Subjects;

/// <summary>
/// Takes the steps of a program with the pools of one arena and with their model, and compares after each. The arena stands on
/// simulated memory, which notices wrong calls and refuses others.
/// </summary>
internal sealed partial class HeapExecution : IExecution
{
    private readonly ProgramOptions _options;
    private readonly SimulatedMemory _memory;
    private readonly Arena _arena;
    private readonly Pool[] _pools;
    private readonly HeapModel _model;
    private readonly Dictionary<nint, nuint> _announced = [];
    private readonly nint _lent;
    private nint[] _registers = new nint[64];
    private string? _fault;
    private ulong _patterns;
    private int _untilFullComparison = 32;

    public HeapExecution(ProgramOptions options, FixedRegion region)
    {
        _options = options;
        _memory = new SimulatedMemory(region, options);
        _arena = new Arena(new ArenaOptions
        {
            Name = "fuzzed",
            ChunkSize = (nuint)options.ChunkSize,
            CommitLimit = options.Limit == 0 ? nuint.MaxValue : (nuint)options.Limit,
            SpareFraction = options.Spare / 100.0,
            PassThrough = options.PassThrough,
            TrimEvery = options.TrimEvery,
            Memory = _memory,
        });
        _arena.Grown += (_, change) => Announced(_announced.TryAdd(change.Start, change.Bytes), "came", change);
        _arena.Shrunk += (_, change) => Announced(_announced.Remove(change.Start, out nuint bytes) && bytes == change.Bytes, "went", change);
        if (options.Lent != 0)
        {
            _lent = _memory.Lend((nuint)options.Lent);
            _arena.AddRegion(_lent, (nuint)options.Lent);
        }

        _pools = [.. Enumerable.Range(0, options.Heaps + options.BlockHeaps).Select(CreatePool)];
        _model = new HeapModel(_pools.Length);
        _memory.Armed = true;
    }

    public HeapModel Model => _model;

    public Arena Arena => _arena;

    /// <summary>Registers that were ever set lie below this number.</summary>
    public int RegisterLimit { get; private set; }

    /// <summary>The block a register holds or held last, 0 if it was never set.</summary>
    public nint Register(int register) => register < RegisterLimit ? _registers[register] : 0;

    /// <summary>Whether a live block belongs to this register: a stale address may by now be another register's block.</summary>
    public bool IsLive(int register) => LiveBlock(register) is not null;

    public void Step(Op op)
    {
        try
        {
            _memory.BeginStep();
            Dispatch(op);
            CompareAfter();
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

    public void Dispose()
    {
        // The memory is the region's, and after a mismatch nothing may touch the arena again.
    }

    private void Dispatch(Op op)
    {
        switch ((int)op.Code >> 4)
        {
            case 7:
                Change(op);
                break;
            case 8:
                Look(op);
                break;
            case 9:
                Upkeep(op);
                break;
            default:
                throw new MismatchException($"'{op}' is no step of a heap");
        }
    }

    private HeapBlock? LiveBlock(int register) =>
        _model.TryFind(Register(register), out HeapBlock? block) && block.Register == register ? block : null;

    private int PoolOf(int register) => register % _pools.Length;

    private INativeAllocator AllocatorOf(int pool) => (INativeAllocator)_pools[pool];

    private void SetRegister(int register, nint block)
    {
        if (register >= _registers.Length)
        {
            Array.Resize(ref _registers, Math.Max(register + 1, _registers.Length * 2));
        }

        _registers[register] = block;
        RegisterLimit = Math.Max(RegisterLimit, register + 1);
    }

    private void Announced(bool fits, string what, ArenaChangedEventArgs change)
    {
        if (!fits)
        {
            _fault ??= $"{change.Bytes} bytes at 0x{change.Start:x} {what}, and that does not fit what was announced before";
        }
    }
}
