using System.Runtime.CompilerServices;
using Rm.Membufs;

namespace Rm.Interop;

/// <summary>
/// The living owners that one thread rented of a pool. Only that thread puts owners in, any thread takes them out, so that neither needs an
/// atomic instruction.
/// </summary>
internal sealed class RentShelf
{
    private const int FirstCapacity = 16;

    // Nearby places looked at before another row is tried: with so many in a row taken, it is nearly full.
    private const int Tries = 8;

    private readonly MembufHeap _heap;

    // Replaced whole: it is read on other threads.
    private volatile RentRow[] _rows;

    // Where the last one was put: it is the likeliest to be gone already.
    private RentRow _row;
    private int _number;
    private int _index;

    internal RentShelf(MembufHeap heap, Thread thread, ulong identity)
    {
        _heap = heap;
        _row = new RentRow(heap, FirstCapacity);
        _rows = [_row];
        Adopt(thread, identity);
    }

    /// <summary>The identity of its thread.</summary>
    internal ulong Identity { get; private set; }

    /// <summary>Its thread; once that ended, the shelf may be another one's.</summary>
    internal Thread Thread { get; private set; } = null!;

    /// <summary>The owners that live. On any thread, as of a moment ago.</summary>
    internal IEnumerable<MembufOwner> Living => _rows.SelectMany(static row => row.Owners).OfType<MembufOwner>();

    /// <summary>Gives it to another thread, when its own has ended.</summary>
    internal void Adopt(Thread thread, ulong identity)
    {
        Thread = thread;
        Identity = identity;
    }

    /// <summary>Whether <see cref="Put"/> has a place at hand; else find one first. On its thread only.</summary>
    internal bool HasPlace
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _row.Owners[_index] is null;
    }

    /// <summary>Notes an owner at the place at hand. On its thread only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Put(MembufOwner owner)
    {
        owner.NoteIn(_row, _index);
        _row.Owners[_index] = owner;
    }

    /// <summary>Finds a free place. On its thread only.</summary>
    internal void FindPlace()
    {
        RentRow[] rows = _rows;
        for (int tried = 0; tried < rows.Length; tried++)
        {
            int number = (_number + tried) % rows.Length;
            MembufOwner?[] owners = rows[number].Owners;
            for (int i = 0; i < Tries; i++)
            {
                int index = (_index + i) & (owners.Length - 1);
                if (owners[index] is null)
                {
                    (_number, _row, _index) = (number, rows[number], index);
                    return;
                }
            }
        }

        _rows = [.. rows, new RentRow(_heap, 2 * rows[^1].Owners.Length)];
        (_number, _row, _index) = (rows.Length, _rows[^1], 0);
    }
}
