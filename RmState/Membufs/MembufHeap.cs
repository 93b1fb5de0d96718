using System.Diagnostics;
using Rm.Arenas;

namespace Rm.Membufs;

/// <summary>
/// Reference-counted blocks that any thread may allocate, reference and dereference: membufs. Each thread allocates from memory of its own,
/// and counts the references of its blocks without atomic instructions while no other thread touches them. Mirrors Liquorice's membuf over its
/// heap.
/// </summary>
/// <remarks>
/// <para>Thread rule: every member may be called on any thread at any time, but for <see cref="Dispose"/>, after which none may be under way
/// that touches a block's bytes, and <see cref="Verify"/>. Whoever references a block must have a reference of it all the while, as everywhere.</para>
/// <para>A thread that used the heap has a home in it until it calls <see cref="Detach"/>, or ends and is collected.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed unsafe partial class MembufHeap : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MembufHeapOptions _options;
    private readonly bool _ownsArena;
    private readonly RecordStore _store;
    private readonly PageMap _map;
    private readonly HeapHead* _head;
    private readonly bool _counts;
    private long _references;
    private long _releases;

    /// <summary>Makes a heap with an arena of its own.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the heap's tables.</exception>
    public MembufHeap()
        : this(new MembufHeapOptions())
    {
    }

    /// <summary>Makes a heap; memory is taken with the first block of each thread.</summary>
    /// <param name="options">How; read once.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the heap's tables.</exception>
    public MembufHeap(MembufHeapOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _counts = options.CountsReferences;
        _ownsArena = options.Arena is null;
        Arena = options.Arena ?? new Arena(new ArenaOptions { Name = options.Name });
        try
        {
            _store = new RecordStore(Arena.Memory);
            _map = _store.Map;
            _head = (HeapHead*)_store.TakeArea(HeapHead.Bytes);
            if (_head == null)
            {
                throw NoMemory.For("the tables of a membuf heap");
            }
        }
        catch
        {
            GC.SuppressFinalize(this);
            if (_ownsArena)
            {
                Arena.Dispose();
            }

            throw;
        }

        HeapHead.Define(_head, _map.Root);
    }

    /// <summary>Reports what lives. Memory of blocks is not freed: somebody may use it.</summary>
    ~MembufHeap()
    {
        if (_head != null)
        {
            Report();
        }
    }

    /// <summary>The heap's name for messages and reports, or null.</summary>
    public string? Name => _options.Name;

    /// <summary>Where its memory comes from.</summary>
    public Arena Arena { get; }

    /// <summary>Whether the heap was disposed.</summary>
    public bool IsDisposed => Volatile.Read(ref _head->Closed) != 0;

    internal HeapHead* Head => _head;

    internal string NameForMessages => Name is null ? "this membuf heap" : $"membuf heap '{Name}'";

    /// <summary>Registers what to do with blocks of one kind at their end.</summary>
    /// <param name="onFree">What to do.</param>
    /// <param name="name">A name for messages, or null.</param>
    /// <returns>What <see cref="Alloc(nuint, nuint, MembufPolicy)"/> takes.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="onFree"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <exception cref="OutOfMemoryException">There are 65,535 policies already.</exception>
    public MembufPolicy Register(MembufFree onFree, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(onFree);
        lock (_lock)
        {
            ThrowIfDisposed();
            return Add(number => new MembufPolicy(this, number, name, onFree));
        }
    }

    /// <summary>Name and live blocks.</summary>
    /// <returns>One line.</returns>
    public override string ToString() =>
        IsDisposed ? $"MembufHeap '{Name ?? "unnamed"}', disposed" : $"MembufHeap '{Name ?? "unnamed"}', {Statistics.LiveBlocks} blocks live";

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(IsDisposed, this);
}
