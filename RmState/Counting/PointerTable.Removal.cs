using System.Runtime.CompilerServices;

namespace Rm.Counting;

internal sealed unsafe partial class PointerTable
{
    // Slots looked at by one slice of sweeping, and moves after which it stops early.
    private const int SweepSlots = 32;
    private const int SweepMoves = 16;

    /// <summary>
    /// Whether the slot behind an entry is empty or holds an entry at its home: then nothing moves when the entry goes. One
    /// condition for both, since either alone is random. At the guard behind the last slot the answer is no.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool EndsRun(StateHeader* h, ulong* entry, long index)
    {
        ulong next = entry[1];
        long home = PointerHash.Of(Slot.Address(next), h->Seed) >> h->Shift;
        return !((next != Slot.Empty) & (home != index + 1));
    }

    /// <summary>Ends an entry of the present table and closes the hole it leaves.</summary>
    internal static void Vacate(StateHeader* h, ulong* entry) => _ = ShiftBack(h, entry - h->Table);

    /// <summary>Removes an entry, wherever it is; its side record stays. Needs no memory.</summary>
    internal void Remove(ulong* entry, nint address)
    {
        StateHeader* h = _header;
        if (!Slot.FitsSlot(address))
        {
            _ = _wide!.Remove(address);
        }
        else if ((ulong)(entry - h->Table) < (ulong)h->Capacity)
        {
            Vacate(h, entry);
        }
        else
        {
            *entry &= ~Slot.MetaMask;
            _oldDead++;
        }
    }

    /// <summary>
    /// Ends an entry but keeps its address, so that a later misuse of it can be told from that of a stranger. It counts as load
    /// until it is swept or its address comes back.
    /// </summary>
    internal void Bury(ulong* entry)
    {
        StateHeader* h = _header;
        *entry &= ~Slot.MetaMask;
        if ((ulong)(entry - h->Table) < (ulong)h->Capacity)
        {
            h->Dead++;
            if (h->Dead > h->SweepAt)
            {
                Sweep();
            }
        }
        else
        {
            _oldDead++;
        }
    }

    /// <summary>Marks a live entry as one whose deallocator runs, or waits to run.</summary>
    internal void BeginFinalizing(ulong* entry)
    {
        StateHeader* h = _header;
        *entry = (*entry & ~Slot.CountMask) | Slot.Finalizing;
        h->Live--;
        h->Finalizing++;
        h->GrowAt--;
    }

    /// <summary>Removes an entry whose deallocator has run.</summary>
    internal void EndFinalizing(ulong* entry, nint address)
    {
        StateHeader* h = _header;
        h->Finalizing--;
        h->GrowAt++;
        Remove(entry, address);
    }

    /// <summary>Removes the dead entries of the next few slots.</summary>
    internal void Sweep()
    {
        StateHeader* h = _header;
        long mask = h->Capacity - 1;
        int moves = 0;
        for (int looked = 0; looked < SweepSlots && moves < SweepMoves && h->Dead > 0; looked++)
        {
            long at = h->SweepCursor & mask;
            if (IsDead(h->Table[at]))
            {
                moves += ShiftBack(h, at);
                h->Dead--;
            }

            // What was shifted into a swept slot may be dead too.
            if (!IsDead(h->Table[at]))
            {
                h->SweepCursor = (at + 1) & mask;
            }
        }

        h->SlotsMoved += moves;
    }

    private static bool IsDead(ulong slot) => slot != Slot.Empty && Slot.IsFree(slot);

    /// <summary>Closes a hole by moving back what stands behind it, up to an empty slot or an entry at its home.</summary>
    /// <returns>How many moved.</returns>
    private static int ShiftBack(StateHeader* h, long hole)
    {
        ulong* table = h->Table;
        uint* infos = h->Info;
        long mask = h->Capacity - 1;
        int moves = 0;
#if RM_MUTATIONS
        if (Mutation.Is(Mutation.ForgottenShift))
        {
            table[hole] = Slot.Empty;
            return 0;
        }
#endif
        for (long i = (hole + 1) & mask; table[i] != Slot.Empty && HomeOf(h, table[i]) != i; i = (i + 1) & mask)
        {
            table[hole] = table[i];
#if RM_MUTATIONS
            if (Slot.HasInfoElsewhere(table[i]) && !Mutation.Is(Mutation.InfoNotMoved))
#else
            if (Slot.HasInfoElsewhere(table[i]))
#endif
            {
                infos[hole] = infos[i];
            }

            hole = i;
            moves++;
        }

        table[hole] = Slot.Empty;
        return moves;
    }
}
