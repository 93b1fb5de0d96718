using System.Diagnostics;

namespace Rm.Membufs;

/// <summary>
/// What a heap does with blocks of one kind when their last reference has ended. Registered once, named by number in each block: no delegate
/// or handle a block. Made by <see cref="MembufHeap.Register"/>.
/// </summary>
/// <remarks>Thread rule: immutable, any thread.</remarks>
[DebuggerDisplay("{Name,nq} ({Number})")]
public sealed unsafe class MembufPolicy
{
    private readonly MembufFree? _onFree;
    private readonly delegate* unmanaged<nint, void> _function;

    internal MembufPolicy(MembufHeap heap, ushort number, string? name, MembufFree onFree)
        : this(heap, number, name) => _onFree = onFree;

    internal MembufPolicy(MembufHeap heap, ushort number, string? name, delegate* unmanaged<nint, void> function)
        : this(heap, number, name) => _function = function;

    private MembufPolicy(MembufHeap heap, ushort number, string? name)
    {
        Heap = heap;
        Number = number;
        Name = name;
    }

    /// <summary>The heap whose blocks may have it.</summary>
    public MembufHeap Heap { get; }

    /// <summary>The name for messages, or null.</summary>
    public string? Name { get; }

    internal ushort Number { get; }

    internal void Run(nint block, nuint size)
    {
        if (_onFree is not null)
        {
            _onFree(block, size);
        }
        else
        {
            _function(block);
        }
    }
}
