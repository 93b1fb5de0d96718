using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Rm.Tool.Replay;

/// <summary>Reads this process's resident bytes again and again without adding to them.</summary>
internal sealed class ResidentMeter : IDisposable
{
    // Pages: total, resident and more.
    private const string PagesFile = "/proc/self/statm";
    private const int LongestLine = 256;

    private readonly SafeFileHandle? _pages;

    public ResidentMeter()
    {
        _pages = OperatingSystem.IsLinux() ? File.OpenHandle(PagesFile) : null;
    }

    public long Read()
    {
        if (_pages is null)
        {
            return ProcessMemory.Resident;
        }

        Span<byte> line = stackalloc byte[LongestLine];
        ReadOnlySpan<byte> read = line[..RandomAccess.Read(_pages, line, 0)];
        read = read[(read.IndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(read, out long pages, out _) ? pages * Environment.SystemPageSize : 0;
    }

    public void Dispose() => _pages?.Dispose();
}
