namespace Rm;

// What the library's other members call with a site: the site is dropped.
public sealed unsafe partial class RmState
{
#pragma warning disable IDE1006 // They stand in for the parameters that are not there.
    private const string file = "";
    private const int line = 0;
#pragma warning restore IDE1006

    internal long RmRetain(nint block, string _, int __) => RmRetain(block);

    internal long RmRelease(nint block, string _, int __) => RmRelease(block);
}
