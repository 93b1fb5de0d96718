using System.IO.MemoryMappedFiles;

namespace Rm.Diagnostics;

/// <summary>
/// The map file of a guarded allocator while its process lives: memory that the system writes to the file whatever becomes of the
/// process. The allocator's lock serializes the calls.
/// </summary>
internal sealed unsafe class GuardMapWriter : IDisposable
{
    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly GuardMapHeader* _header;
    private readonly GuardMapRecord* _records;

    /// <summary>Makes the file, in place of one of that name.</summary>
    /// <exception cref="IOException">The file cannot be made, or there is no room for it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or a file of that name cannot be written.</exception>
    internal GuardMapWriter(string path, int records, nuint pageSize)
    {
        _path = Path.GetFullPath(path);
        long bytes = (1 + (long)records) * GuardMapRecord.Bytes;

        // A process that still has the old file mapped must not see it cut; and a store to a file without room on the disk would fault.
        File.Delete(_path);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            PreallocationSize = bytes,
        };
        if (!OperatingSystem.IsWindows())
        {
            // Addresses are nobody else's business.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var stream = new FileStream(_path, options);
        try
        {
            stream.SetLength(bytes);
            _file = MemoryMappedFile.CreateFromFile(
                stream, mapName: null, capacity: 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        }
        catch
        {
            stream.Dispose();
            File.Delete(_path);
            throw;
        }

        _view = _file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _header = (GuardMapHeader*)start;
        _records = (GuardMapRecord*)(start + GuardMapRecord.Bytes);
        *_header = new GuardMapHeader
        {
            Version = GuardMapHeader.CurrentVersion,
            RecordBytes = GuardMapRecord.Bytes,
            Records = (uint)records,
            ProcessId = (uint)Environment.ProcessId,
            PageSize = pageSize,
        };
        Volatile.Write(ref _header->Magic, GuardMapHeader.ExpectedMagic);
    }

    internal void Add(GuardedBlock block)
    {
        GuardMapRecord* record = _records + block.Slot;
        *record = new GuardMapRecord
        {
            Block = (ulong)block.Address,
            Size = block.Size,
            Pages = (ulong)block.Data,
            PageBytes = block.Place.Data,
            Start = (ulong)block.Start,
            ReservedBytes = block.Place.Reserved,
            AllocatedAs = ++_header->Sequence,
        };
        Volatile.Write(ref record->State, GuardMapRecord.Live);
    }

    internal void Free(GuardedBlock block)
    {
        GuardMapRecord* record = _records + block.Slot;
        record->FreedAs = ++_header->Sequence;
        Volatile.Write(ref record->State, GuardMapRecord.Freed);
    }

    internal void Remove(GuardedBlock block) => Volatile.Write(ref _records[block.Slot].State, GuardMapRecord.Unused);

    internal void NoteSite(GuardedBlock block, bool freed, string file, int line)
    {
        GuardMapRecord* record = _records + block.Slot;
        SiteText.Write(new Span<byte>(freed ? record->FreeSite : record->AllocationSite, SiteText.Bytes), file, line);
    }

    /// <summary>Ends the mapping and deletes the file: it is for those who did not get here.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Disposing does not throw; a file that stays shows no block.
        }
    }
}
