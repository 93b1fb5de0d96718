using System.Runtime.CompilerServices;

namespace Rm.Counting;

internal sealed unsafe partial class PointerTable
{
    // Slots looked at by one slice of sweeping, and moves after which it stops early.
    private const int SweepSlots = 32;
    private const int SweepMoves = 16;

    /// <summary>Ends an entry of the present table and closes the hole it leaves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Vacate(StateHeader* h, ulong* entry)
    {
        ulong* table = h->Table;
        long hole = entry - table;
        if (table[(hole + 1) & (h->Capacity - 1)] == Slot.Empty)
        {
            *entry = Slot.Empty;
        }
        else
        {
            _ = ShiftBack(h, hole);
        }
    }

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
#if RM_MUTATIONS
            if (Mutation.Is(Mutation.BrokenChain))
            {
                *entry = Slot.Empty;
                return;
            }
#endif
            Vacate(h, entry);
            if (h->Dead > h->SweepAt)
            {
                Sweep();
            }
        }
        else
        {
            *entry &= ~Slot.CountMask;
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
            ulong slot = h->Table[at];
            if (slot != Slot.Empty && Slot.IsFree(slot))
            {
                moves += ShiftBack(h, at);
                h->Dead--;
            }

            // What was shifted into a swept slot may be dead too: the slot is looked at again unless it is settled.
            slot = h->Table[at];
            if (slot == Slot.Empty || !Slot.IsFree(slot))
            {
                h->SweepCursor = (at + 1) & mask;
            }
        }

        h->SlotsMoved += moves;
    }

    /// <summary>Closes a hole by moving back every entry behind it that may stand nearer to its home.</summary>
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
        for (long i = (hole + 1) & mask; table[i] != Slot.Empty; i = (i + 1) & mask)
        {
            ulong slot = table[i];

            // A moved entry's marker has no home: it may stand anywhere.
            if (slot == Slot.Moved || ((i - HomeOf(h, slot)) & mask) >= ((i - hole) & mask))
            {
                table[hole] = slot;
#if RM_MUTATIONS
                if (infos != null && !Mutation.Is(Mutation.InfoNotMoved))
#else
                if (infos != null)
#endif
                {
                    infos[hole] = infos[i];
                }

                hole = i;
                moves++;
            }
        }

        table[hole] = Slot.Empty;
        return moves;
    }
}
