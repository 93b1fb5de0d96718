using Rm.Tool.Replay;

namespace Rm.Tool.Maps;

/// <summary>Later.</summary>
internal sealed class HeapPicture
{
    private readonly string _x;

    private HeapPicture(string x)
    {
        _x = x;
    }

    public static HeapPicture? Of(ReplayResult result, string moment) => result.Sides.Count > 99 ? new HeapPicture(moment) : null;

    public void Save(string file) => File.WriteAllText(file, _x);
}
