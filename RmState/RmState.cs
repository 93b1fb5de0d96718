using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Rm.Arenas;
using Rm.Counting;
using Rm.Memory;

namespace Rm;

/// <summary>
/// Counts references to native blocks: one pointer, one count, whoever holds it. A state knows the blocks it allocated and
/// those attached to it; a block whose count reaches 0 is deallocated. There is no global state: make one per thread or
/// subsystem. Mirrors rm_malloc's <c>rm_state</c>.
/// </summary>
/// <remarks>
/// <para>Thread rule: a state belongs to one thread at a time. It may be handed to another thread between uses; overlapping
/// use is detected, best effort, and throws <see cref="Violations.ConcurrentUseException"/>.</para>
/// <para>Complexity: every operation is O(1) expected and never stalls: the table grows, shrinks and returns memory in bounded
/// slices spread over operations. Counting allocates nothing on the managed heap.</para>
/// <para>The optional caller parameters (<c>file</c>, <c>line</c>) are filled in by the compiler; leave them out.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed unsafe partial class RmState : IDisposable, IBlockCounter
{
    // The header lies in a pinned array: its address is stable, and it stays valid for as long as anything refers to this
    // object, so that a misuse after Dispose meets a closed table rather than freed memory.
    private readonly byte[] _headerMemory;
    private readonly StateHeader* _header;
    private readonly PointerTable _table;
    private readonly RecordStore<SideRecord> _records;
    private readonly INativeAllocator _allocator;
    private readonly ISiteAware? _siteAware;
    private readonly bool _usesMalloc;
    private readonly bool _knowsSizes;
    private readonly RmStateOptions _options;

    /// <summary>Makes a state with default options. Mirrors <c>rm_create_state</c>.</summary>
    public RmState()
        : this(new RmStateOptions())
    {
    }

    /// <summary>Makes a state. Its table is made with the first block. Mirrors <c>rm_create_state</c>.</summary>
    /// <param name="options">How; not copied, but never changed either.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public RmState(RmStateOptions options)
    {
        // A half-made state has nothing to finalize.
        GC.SuppressFinalize(this);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _allocator = options.Allocator ?? new MallocAllocator();
        _siteAware = _allocator as ISiteAware;
        _usesMalloc = _allocator is MallocAllocator;
        _knowsSizes = _allocator.KnowsSizes;
        _headerMemory = GC.AllocateArray<byte>(StateHeader.Bytes + SpareBlocks.Bytes + HeaderAlignment, pinned: true);
        _header = Align((byte*)Unsafe.AsPointer(ref _headerMemory[0]));
        _header->Magic = StateHeader.ExpectedMagic;
        _header->Version = StateHeader.LayoutVersion;
        _header->Size = StateHeader.Bytes;
        _header->HashKind = PointerHash.Kind;
        _header->Seed = options.Seed != 0 ? SpreadSeed(options.Seed) : RandomSeed();
        _header->Spares = (SpareBlocks*)(_header + 1);
        _header->Spares->Open(_usesMalloc && options.KeepsSpareBlocks);
        _header->Modes = StateModes.Unbuilt | (_usesMalloc ? StateModes.None : StateModes.SlowAllocation);
        _table = new PointerTable(_header, options.TableMemory ?? new TableMemory());
        _records = _table.Records;
        _table.UpdateGate();
        ClaimHeap();
        AnnounceCreated();
        SetLevel(options.Level);
        GC.ReRegisterForFinalize(this);
    }

    private const int HeaderAlignment = 64;

    /// <summary>The state's name for messages and reports, or null.</summary>
    public string? Name => _options.Name;

    /// <summary>Whether the state was disposed.</summary>
    public bool IsDisposed => (_header->Modes & StateModes.Disposed) != 0;

    /// <summary>
    /// The always-on counters. O(1); works after Dispose too, and may be read from another thread, which then sees values of
    /// slightly different moments.
    /// </summary>
    public RmStatistics Statistics
    {
        get
        {
            StateHeader* h = _header;
            var statistics = new RmStatistics
            {
                LiveBlocks = h->Live + h->HeapLive,
                PeakBlocks = h->PeakLive,
                LiveBytes = h->LiveBytes,
                PeakBytes = h->PeakBytes,
                Allocations = h->Allocations,
                Reallocations = h->Reallocations,
                Attaches = h->Attaches,
                Retains = h->Retains,
                Releases = h->Releases,
                Detaches = h->Detaches,
                Frees = h->Frees,
                Abandoned = h->Abandoned,
                ReferencesDropped = h->ReferencesDropped,
                Violations = h->Violations,
                Capacity = h->Capacity,
                DeadSlots = h->Dead,
                SpareBytes = h->Spares->KeptBytes,
                TableBytes = _table.Bytes + (_ledger?.Bytes ?? 0),
                SlotsMoved = h->SlotsMoved,
                BytesUnmapped = h->BytesUnmapped,
            };
            GC.KeepAlive(this);
            return statistics;
        }
    }

    /// <summary>Name, live blocks and live bytes.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => IsDisposed
        ? $"RmState '{Name ?? "unnamed"}', disposed"
        : $"RmState '{Name ?? "unnamed"}', {_header->Live + _header->HeapLive} blocks, {_header->LiveBytes} bytes live";

    private static StateHeader* Align(byte* start) =>
        (StateHeader*)(((nuint)start + HeaderAlignment - 1) & ~(nuint)(HeaderAlignment - 1));

    private static ulong RandomSeed()
    {
        ulong seed = 0;
        RandomNumberGenerator.Fill(new Span<byte>(&seed, sizeof(ulong)));
        return seed | 1;
    }

    // Small numbers make poor multipliers: tests and benchmarks that ask for seed 1 get a well-mixed one.
    private static ulong SpreadSeed(ulong seed)
    {
        unchecked
        {
            seed *= 0x9E37_79B9_7F4A_7C15;
            seed = (seed ^ (seed >> 30)) * 0xBF58_476D_1CE4_E5B9;
            seed = (seed ^ (seed >> 27)) * 0x94D0_49BB_1331_11EB;
            return (seed ^ (seed >> 31)) | 1;
        }
    }

    /// <summary>
    /// Begins an operation on its general path: the state is busy until <see cref="Commit"/> or <see cref="Cancel"/>. Does a
    /// slice of the work in hand.
    /// </summary>
    private StateHeader* Begin()
    {
        StateHeader* h = _header;
        long operations = h->Operations;
        if ((operations & 1) != 0)
        {
            throw ConcurrentUse();
        }

        if ((h->Modes & StateModes.Disposed) != 0)
        {
            ThrowDisposed();
        }

        h->Operations = operations + 1;
        if ((h->Modes & StateModes.Working) != 0)
        {
            _table.Work();
        }

        return h;
    }

    /// <summary>Ends an operation that changed something; it counts.</summary>
    private void Commit() => _header->Operations++;

    /// <summary>Ends an operation that changed nothing; it does not count, and enumerations go on.</summary>
    private void Cancel() => _header->Operations--;
}
