using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Rm.Counting;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>The native layouts are those of docs/architecture.md, field by field: readers outside the library rely on that page.</summary>
public sealed partial class StateHeaderLayoutTests : LeakChecked
{
    [Theory]
    [InlineData(typeof(StateHeader), "The state header", StateHeader.Bytes)]
    [InlineData(typeof(SideRecord), "The side record", SideRecord.Bytes)]
    public void FieldsAreWhereTheDocumentSays(Type type, string heading, int bytes)
    {
        IEnumerable<string> actual = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(f => (Offset: (int)Marshal.OffsetOf(type, f.Name), Field: f))
            .OrderBy(f => f.Offset)
            .Select(f => $"{f.Offset} {TypeName(f.Field)} {f.Field.Name}");

        Assert.Equal(string.Join('\n', Documented(heading)), string.Join('\n', actual));
        Assert.Equal(bytes, Marshal.SizeOf(type));
    }

    // Marshal tells of the marshalled layout. For structures like these it is the one in memory; StateHeaderTests takes addresses.
    [Fact]
    public void SizesInMemoryAreTheDocumentedOnes()
    {
        Assert.Equal(384, Unsafe.SizeOf<StateHeader>());
        Assert.Equal(8320, Unsafe.SizeOf<SpareBlocks>());
        Assert.Equal(128, Unsafe.SizeOf<SideRecord>());
        Assert.Equal(0x31534D52u, StateHeader.ExpectedMagic);
        Assert.Equal(2, StateHeader.LayoutVersion);
    }

    [Theory]
    [InlineData(0, nameof(StateModes.Unbuilt))]
    [InlineData(1, nameof(StateModes.Working))]
    [InlineData(2, nameof(StateModes.Observed))]
    [InlineData(3, nameof(StateModes.Disposed))]
    [InlineData(4, nameof(StateModes.SlowAllocation))]
    [InlineData(5, nameof(StateModes.Ending))]
    [InlineData(6, nameof(StateModes.Sited))]
    [InlineData(7, nameof(StateModes.Historied))]
    public void ModesAreTheDocumentedBits(int bit, string name) =>
        Assert.Equal(name, ((StateModes)(1u << bit)).ToString());

    private static List<string> Documented(string heading)
    {
        string page = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "docs", "architecture.md")).ReplaceLineEndings("\n");
        string section = page.Split("\n## ").Single(s => s.StartsWith(heading + "\n", StringComparison.Ordinal));
        return [.. RowPattern().Matches(section).Select(row => $"{row.Groups["offset"]} {row.Groups["type"]} {row.Groups["field"]}")];
    }

    private static string TypeName(FieldInfo field)
    {
        if (field.GetCustomAttribute<FixedBufferAttribute>() is { } buffer)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{TypeName(buffer.ElementType)}[{buffer.Length}]");
        }

        return TypeName(field.FieldType);
    }

    private static string TypeName(Type type) =>
        type.IsPointer ? "pointer"
        : type == typeof(SitePair) ? "pair"
        : type == typeof(nint) ? "address"
        : type == typeof(nuint) ? "size"
        : Type.GetTypeCode(type) switch
        {
            TypeCode.Byte => "u8",
            TypeCode.UInt16 => "u16",
            TypeCode.Int32 => "i32",
            TypeCode.UInt32 => "u32",
            TypeCode.Int64 => "i64",
            TypeCode.UInt64 => "u64",
            _ => type.Name,
        };

    [GeneratedRegex(@"^\| (?<offset>\d+) \| (?<type>[a-z0-9\[\]]+) \| `(?<field>\w+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RowPattern();
}
