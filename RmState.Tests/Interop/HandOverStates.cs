using Rm.Arenas;
using Rm.Diagnostics;
using Rm.Memory;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Interop;

/// <summary>The base of tests that hand blocks over: states of every kind of allocator there is.</summary>
public abstract class HandOverStates : LeakChecked
{
    private protected const string Player = "Player.cs";
    private protected const string Decoder = "Decoder.cs";

    private readonly List<IDisposable> _allocators = [];

    public enum Kind
    {
        /// <summary>libc's malloc.</summary>
        Malloc,

        /// <summary>An allocator of a user's that one thread may call at a time.</summary>
        Custom,

        /// <summary>A heap that keeps the counts.</summary>
        Heap,

        /// <summary>A heap whose counts another state keeps.</summary>
        TakenHeap,

        /// <summary>A heap of an arena that passes blocks through to malloc.</summary>
        PassThrough,

        /// <summary>A heap of one size.</summary>
        BlockHeap,

        /// <summary>Pages of their own, thread-safe.</summary>
        Guarded,

        /// <summary>Known bytes around the blocks, thread-safe.</summary>
        RedZone,
    }

    public static TheoryData<Kind> Kinds => [.. Enum.GetValues<Kind>()];

    public static TheoryData<Kind, Kind> PairsOfKinds
    {
        get
        {
            TheoryData<Kind, Kind> pairs = [];
            foreach (Kind first in Enum.GetValues<Kind>())
            {
                foreach (Kind second in Enum.GetValues<Kind>())
                {
                    pairs.Add(first, second);
                }
            }

            return pairs;
        }
    }

    private protected static bool IsThreadBound(Kind kind) => kind is not (Kind.Malloc or Kind.Guarded or Kind.RedZone);

    public override void Dispose()
    {
        GC.SuppressFinalize(this);
        base.Dispose();
        _allocators.ForEach(allocator => allocator.Dispose());
    }

    private protected RmState NewState(Kind kind, RmStateOptions? like = null)
    {
        INativeAllocator? allocator = kind switch
        {
            Kind.Malloc => null,
            Kind.Custom => NewAllocator(),
            Kind.Heap => NewArena().CreateHeap(),
            Kind.TakenHeap => TakenHeap(),
            Kind.PassThrough => NewArena(new ArenaOptions { PassThrough = true }).CreateHeap(),
            Kind.BlockHeap => BlockHeap.Create(512, 1000, new BlockHeapOptions { Arena = NewArena() }),
            Kind.Guarded => Kept(new GuardedAllocator()),
            _ => Kept(new RedZoneAllocator()),
        };
        return NewState(new RmStateOptions
        {
            Name = like?.Name,
            Allocator = allocator,
            DisposePolicy = like?.DisposePolicy ?? RmDisposePolicy.Free,
            ViolationPolicy = like?.ViolationPolicy ?? RmViolationPolicy.Throw,
            OnViolation = like?.OnViolation,
            Level = like?.Level ?? RmDiagnosticsLevel.Counters,
        });
    }

    /// <summary>Checks both of a state's sums, and what its allocator holds where that is known.</summary>
    private protected static void Verify(params RmState[] states)
    {
        foreach (RmState state in states)
        {
            state.Verify();
        }
    }

    private SizeClassHeap TakenHeap()
    {
        SizeClassHeap heap = NewArena().CreateHeap();
        _ = NewState(new RmStateOptions { Allocator = heap });
        return heap;
    }

    private T Kept<T>(T allocator)
        where T : IDisposable
    {
        _allocators.Add(allocator);
        return allocator;
    }
}
