using Rm.Arenas;

namespace Rm.Membufs;

// Which record belongs to which place.
public sealed unsafe partial class MembufHeap
{
    // Of a pass-through arena: there is no granule to map.
    private readonly Dictionary<nint, nint> _passed = [];

    /// <summary>Finds or makes the record of a block that its pool has just handed out.</summary>
    /// <returns>Null, and the block is free again, when there is no memory for a record.</returns>
    private MembufRecord* Place(MembufHome home, nint block, int number)
    {
        MembufRecord* record = Arena.IsPassThrough ? PlacePassed(block) : PlaceMapped(home, block);
        if (record == null)
        {
            home.Pool.Free(block);
            return null;
        }

        if (record->Tag == 0)
        {
            record->Tag = (1UL << MembufRecord.GenerationShift) | MembufRecord.Free;
            RecordChunk.ShareOf(record)->Word = MembufShare.Bias;
        }

        record->Class = (byte)number;
        record->Local = 1;
        record->Touched = home.Tables->FirstTouched;
        record->Address = block;
        record->Home = home.Tables->Number;
        return record;
    }

    private MembufRecord* PlaceMapped(MembufHome home, nint block)
    {
        Slab* slab = PageEntry.Slab(Arena.FindEntry(block));
        int sizeClass = slab->Class;
        ulong entry = HeapHead.FindElsewhere(_head, block);

        // What was given to a slab of the same class at this place fits, since slabs of a class are alike.
        if (entry == 0 || HeapHead.ClassOf(entry) != sizeClass)
        {
            entry = Map(home, slab, entry);
            if (entry == 0)
            {
                return null;
            }
        }

        _ = Slab.TryIndexOf(slab, block, out int index);
        return HeapHead.RunOf(entry) + index;
    }

    private ulong Map(MembufHome home, Slab* slab, ulong old)
    {
        lock (_lock)
        {
            if (!_map.Prepare(slab->Start, Granule.Bytes))
            {
                return 0;
            }

            MembufRecord* run = _store.Take(slab->Elements);
            if (run == null)
            {
                return 0;
            }

            if (old != 0)
            {
                // The slab they served is gone, so none of them is in use.
                _store.Give(HeapHead.RunOf(old), CountFor(HeapHead.ClassOf(old)));
            }

            ulong entry = HeapHead.EntryOf(run, slab->Class);
            _map.Set(slab->Start, 1, entry);
            home.AddRun(run, slab->Elements);
            OpenWindow(slab->Start);
            return entry;
        }
    }

    // Once for all: a reader that sees the window sees its leaf.
    private void OpenWindow(nint address)
    {
        if (_head->Leaf == 0)
        {
            _head->Leaf = PageMap.LeafOf(_head->MapRoot, address);
            Volatile.Write(ref _head->Window, (nint)((nuint)address >> PageMap.LeafShift << PageMap.LeafShift));
        }
    }

    private static int CountFor(int sizeClass) => sizeClass == 0 ? 1 : (int)(Granule.Bytes / SizeClasses.SizeOf(sizeClass));

    private MembufRecord* PlacePassed(nint block)
    {
        lock (_lock)
        {
            MembufRecord* record = _store.Take(1);
            if (record != null)
            {
                _passed[block] = (nint)record;
            }

            return record;
        }
    }

    /// <summary>The record of an address, whatever is there now.</summary>
    /// <returns>Null when no membuf ever began there.</returns>
    private MembufRecord* Find(nint address)
    {
        if (Arena.IsPassThrough)
        {
            lock (_lock)
            {
                return _passed.TryGetValue(address, out nint passed) ? (MembufRecord*)passed : null;
            }
        }

        MembufRecord* record = HeapHead.Find(_head, address);
#if RM_MUTATIONS
        if (record != null && MembufMutation.Is(MembufMutation.AddressNotCompared))
        {
            return record;
        }
#endif
        return record != null && record->Address == address ? record : null;
    }
}
