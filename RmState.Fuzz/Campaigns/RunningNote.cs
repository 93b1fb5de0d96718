using System.IO.MemoryMappedFiles;
using System.Text;
using Rm.Fuzz.Programs;
using Rm.Fuzz.Shrinking;

namespace Rm.Fuzz.Campaigns;

/// <summary>
/// Says in a file which program a worker runs. A crash ends the process before anything can be told; the file is a shared
/// mapping, so what it says survives, and <c>draw</c> can run that program again.
/// </summary>
internal sealed class RunningNote : IDisposable
{
    private const int Length = 128;

    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte[] _line = new byte[Length];

    public RunningNote(int worker)
    {
        Directory.CreateDirectory(FailureFile.Folder);
        _path = Path.Combine(FailureFile.Folder, $"running-{Environment.ProcessId}-{worker}.txt");
        _file = MemoryMappedFile.CreateFromFile(_path, FileMode.Create, mapName: null, Length);
        _view = _file.CreateViewAccessor(0, Length);
    }

    public void Write(ProgramOptions options)
    {
        Array.Fill(_line, (byte)' ');
        _line[^1] = (byte)'\n';
        Encoding.ASCII.GetBytes($"draw {options.Campaign} --seed 0x{options.Seed:x} --region {options.Region}", _line);
        _view.WriteArray(0, _line, 0, Length);
    }

    /// <summary>The process lives, so nobody needs the file.</summary>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
        File.Delete(_path);
    }
}
