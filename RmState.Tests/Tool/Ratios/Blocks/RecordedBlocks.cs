using Rm.Tool.Ratios.Blocks;

namespace Rm.Tests.Tool.Ratios.Blocks;

/// <summary>Blocks of malloc's, and what was asked for and given back; one test at a time uses it, its statics are the record.</summary>
internal readonly struct RecordedBlocks : IBlockSource<RecordedBlocks>
{
    [ThreadStatic]
    private static Dictionary<nint, nuint>? _live;

    [ThreadStatic]
    private static List<nuint>? _sizes;

    /// <summary>Live blocks and their sizes.</summary>
    internal static Dictionary<nint, nuint> Live => _live ??= [];

    /// <summary>The sizes asked for, in order.</summary>
    internal static List<nuint> Sizes => _sizes ??= [];

    /// <summary>Sources that were disposed.</summary>
    [field: ThreadStatic]
    internal static int Disposed { get; private set; }

    public static RecordedBlocks Create(ulong seed)
    {
        Live.Clear();
        Sizes.Clear();
        Disposed = 0;
        return default;
    }

    public nint Allocate(nuint size)
    {
        nint block = MallocBlocks.Create(0).Allocate(size);
        Live.Add(block, size);
        Sizes.Add(size);
        return block;
    }

    public void Free(nint block)
    {
        Assert.True(Live.Remove(block), "freed what does not live");
        MallocBlocks.Create(0).Free(block);
    }

    public void Dispose()
    {
        Assert.Empty(Live);
        Disposed++;
    }
}
