using Rm.Arenas;
using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Membufs;

namespace Rm.Fuzz.Subjects;

/// <summary>
/// Takes the steps of a program with one membuf heap and its model. Steps are taken by several real threads, one at a time, so that a
/// program does the same every time it runs.
/// </summary>
internal sealed unsafe partial class MembufExecution : IExecution
{
    private readonly ProgramOptions _options;
    private readonly SystemMemory _memory;
    private readonly Arena _arena;
    private readonly MembufHeap _heap;
    private readonly MembufPolicy _policy;

    // The first is none of these, but whoever runs the program.
    private readonly BatonThread?[] _threads;
    private readonly bool[] _hasHome;
    private readonly MembufModel _model = new();
    private MembufBlock?[] _registers = new MembufBlock?[64];
    private int _current;
    private int _orphans;
    private string? _fault;
    private ulong _patterns;
    private bool _finished;
    private int _untilFullComparison = 32;

    public MembufExecution(ProgramOptions options)
    {
        _options = options;
        _memory = new SystemMemory(options);
        _arena = new Arena(new ArenaOptions
        {
            Name = "fuzzed",
            ChunkSize = (nuint)options.ChunkSize,
            CommitLimit = options.Limit == 0 ? nuint.MaxValue : (nuint)options.Limit,
            SpareFraction = options.Spare / 100.0,
            PassThrough = options.PassThrough,
            Memory = _memory,
        });
        _heap = new MembufHeap(new MembufHeapOptions
        {
            Name = "fuzzed",
            Arena = _arena,
            DisposePolicy = options.Policy,
            CountsReferences = options.CountsReferences,
        });
        _policy = _heap.Register(AtEnd, "recording");
        _threads = new BatonThread?[options.Membufs];
        _hasHome = new bool[options.Membufs];
        for (int i = 1; i < options.Membufs; i++)
        {
            _threads[i] = new BatonThread();
        }

        _memory.Armed = true;
    }

    public MembufModel Model => _model;

    /// <summary>Registers that were ever set lie below this number.</summary>
    public int RegisterLimit { get; private set; }

    /// <summary>The block a register holds or held last.</summary>
    public MembufBlock? Register(int register) => (uint)register < (uint)RegisterLimit ? _registers[register] : null;

    public bool IsLive(int register) => Register(register) is { Count: > 0 };

    public void Step(Op op)
    {
        try
        {
            _memory.BeginStep();
            if (op.Code == OpCode.MembufOn)
            {
                _current = (int)((ulong)op.A % (ulong)_threads.Length);
            }
            else if (op.Code is OpCode.MembufLeave or OpCode.MemoryFail or OpCode.MemoryDown || _threads[_current] is not { } thread)
            {
                Take(op);
            }
            else
            {
                thread.Run(() => Take(op));
            }

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
        if (!_finished)
        {
            BrokenHeap.Abandon(_heap);
        }

        foreach (BatonThread? thread in _threads)
        {
            thread?.Dispose();
        }
    }

    private void Take(Op op)
    {
        _ofThread = this;
        switch ((int)op.Code >> 4)
        {
            case 0xB:
                Change(op);
                break;
            case 0xC:
                Look(op);
                break;
            case 0xD:
                Thread(op);
                break;
            case 9 when op.Code == OpCode.MemoryFail:
                _memory.FailAfter((int)op.A);
                break;
            case 9 when op.Code == OpCode.MemoryDown:
                _memory.Down = (MemoryCalls)op.A & MemoryCalls.All;
                break;
            default:
                throw new MismatchException($"'{op}' is no step of a membuf heap on threads that take turns");
        }
    }

    private void SetRegister(MembufBlock block)
    {
        if (block.Register >= _registers.Length)
        {
            Array.Resize(ref _registers, Math.Max(block.Register + 1, _registers.Length * 2));
        }

        _registers[block.Register] = block;
        RegisterLimit = Math.Max(RegisterLimit, block.Register + 1);
    }
}
