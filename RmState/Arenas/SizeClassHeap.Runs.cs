using System.Runtime.InteropServices;

namespace Rm.Arenas;

// Blocks above 32 KiB and up to 1 MiB: each is a run of granules of its own, of which only the pages it needs are committed. Some
// freed ones are kept as they are, by class, for what comes next.
public sealed unsafe partial class SizeClassHeap
{
    // A freed run is kept as long as no more than this share of what lives is, and at least so many bytes.
    private const int KeptShareLog2 = 6;
    private const nuint LeastKept = 128 * 1024;

    private const int RunClasses = SizeClasses.Count - SizeClasses.CountInGranule;
    private readonly nint[] _keptRuns = new nint[RunClasses];
    private nuint _keptRunBytes;
    private long _keptRunCount;
    private int _nextToDrop;

    /// <summary>Runs and lone blocks in use.</summary>
    private long _singleBlocks;
    private nuint _singleBytes;

    private nint TakeRun(int number, nuint size, bool zeroed, byte mark)
    {
        nuint page = Arena.Memory.PageSize;
        nuint bytes = (size + page - 1) & ~(page - 1);
        Slab* slab = PopRun(number, bytes);
        if (slab == null)
        {
            slab = OpenRun(number, bytes, zeroed);
            if (slab == null)
            {
                return 0;
            }
        }
        else if (zeroed)
        {
            NativeMemory.Clear((void*)slab->Start, size);
        }

        *Slab.Marks(slab) = mark;
        _singleBlocks++;
        _singleBytes += slab->Stride;
        return slab->Start;
    }

    private Slab* OpenRun(int number, nuint bytes, bool zeroed)
    {
        var slab = (Slab*)Arena.TakeMetadata(Slab.BytesFor(1));
        if (slab == null)
        {
            return null;
        }

        _store.BeforeGrowth(0);
        int granules = GranulesOf(number);
        if (!Arena.TryAcquire(granules, bytes, Granule.Bytes, zeroed, out Run run))
        {
            Arena.GiveMetadata((nint)slab, Slab.BytesFor(1));
            return null;
        }

        OpenSingle(slab, run.Start, bytes, run.Home, SlabFlags.Run);
        Arena.SetEntry(run.Start, (nuint)granules, PageEntry.Of(_tag, slab, PageEntry.SingleClass));
        return slab;
    }

    private static void OpenSingle(Slab* slab, nint start, nuint bytes, int home, SlabFlags flags)
    {
        Slab.Open(slab, start, bytes, 1, home, 0, flags, clean: false);
        slab->Free = 0;
        slab->Cursor = 1;
    }

    private void FreeRun(Slab* slab)
    {
        _singleBlocks--;
        _singleBytes -= slab->Stride;
        int index = SizeClasses.Of(slab->Stride) - SizeClasses.CountInGranule - 1;
        *Slab.Marks(slab) = Mark.Cached;
        slab->Next = (Slab*)_keptRuns[index];
        _keptRuns[index] = (nint)slab;
        _keptRunBytes += slab->Stride;
        _keptRunCount++;
        nuint allowed = nuint.Max(LeastKept, _singleBytes >> KeptShareLog2);
        while (_keptRunBytes > allowed)
        {
            // Class after class, so that none keeps what nobody asks for.
            DropRun(_nextToDrop);
            _nextToDrop = (_nextToDrop + 1) % RunClasses;
        }
    }

    private Slab* PopRun(int number, nuint bytes)
    {
        int index = number - SizeClasses.CountInGranule - 1;
        var slab = (Slab*)_keptRuns[index];
        if (slab == null)
        {
            return null;
        }

        if (slab->Stride < bytes)
        {
            // The granules of a class are as many for each of its sizes.
            if (!Arena.TryCommitPages(slab->Home, slab->Start, bytes))
            {
                return null;
            }

            Unkeep(index, slab);
            OpenSingle(slab, slab->Start, bytes, slab->Home, SlabFlags.Run);
            return slab;
        }

        Unkeep(index, slab);
        return slab;
    }

    private void Unkeep(int index, Slab* slab)
    {
        _keptRuns[index] = (nint)slab->Next;
        _keptRunBytes -= slab->Stride;
        _keptRunCount--;
    }

    private void DropRun(int index)
    {
        var slab = (Slab*)_keptRuns[index];
        if (slab != null)
        {
            Unkeep(index, slab);
            Arena.Release(slab->Home, slab->Start, GranulesOf(SizeClasses.Of(slab->Stride)));
            Arena.GiveMetadata((nint)slab, Slab.BytesFor(1));
        }
    }

    private void DropRuns()
    {
        for (int index = 0; index < RunClasses; index++)
        {
            while (_keptRuns[index] != 0)
            {
                DropRun(index);
            }
        }
    }

    /// <summary>Makes a run larger or smaller where it stands.</summary>
    /// <returns>False, and nothing changed, when what is behind it is taken, or there is no memory.</returns>
    private bool TryResizeRun(Slab* slab, nuint newSize)
    {
        nuint page = Arena.Memory.PageSize;
        nuint bytes = (newSize + page - 1) & ~(page - 1);
        int from = GranulesOf(SizeClasses.Of(slab->Stride));
        int to = GranulesOf(SizeClasses.Of(bytes));
        if (bytes < slab->Stride)
        {
            Arena.Shorten(slab->Home, slab->Start, from, to, bytes);
        }
        else if (!Arena.TryExtend(slab->Home, slab->Start, from, to, bytes, PageEntry.Of(_tag, slab, PageEntry.SingleClass)))
        {
            return false;
        }

        byte mark = *Slab.Marks(slab);
        _singleBytes += bytes - slab->Stride;
        OpenSingle(slab, slab->Start, bytes, slab->Home, SlabFlags.Run);
        *Slab.Marks(slab) = mark;
        return true;
    }

    private static int GranulesOf(int number) => (int)Granule.CountFor(SizeClasses.SizeOf(number));
}
