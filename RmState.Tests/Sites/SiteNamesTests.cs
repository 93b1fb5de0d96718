using Rm.Sites;

namespace Rm.Tests.Sites;

/// <summary>Places get keys of 32 bits and back, up to the limits of both parts.</summary>
public sealed class SiteNamesTests
{
    private const int MaxFiles = 8190;

    private readonly SiteNames _names = new();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(88, 88)]
    [InlineData(524_286, 524_286)]
    [InlineData(524_287, 524_287)]
    [InlineData(524_288, 524_287)]
    [InlineData(int.MaxValue, 524_287)]
    [InlineData(-1, 0)]
    [InlineData(int.MinValue, 0)]
    public void LineIsKeptUpToTheLargest(int line, int kept)
    {
        Assert.Equal(("a.cs", kept), _names.NameOf(_names.KeyOf("a.cs", line)));
        Assert.Equal(("b.cs", kept), _names.NameOf(_names.KeyOf("b.cs", line)));
        Assert.Equal(("a.cs", kept), _names.NameOf(_names.KeyOf("a.cs", line)));
    }

    [Fact]
    public void SameTextInAnotherObjectIsTheSameFile()
    {
        string first = new(['a', '.', 'c', 's']);
        string second = new(['a', '.', 'c', 's']);
        Assert.False(ReferenceEquals(first, second));

        Assert.Equal(_names.KeyOf(first, 12), _names.KeyOf(second, 12));
        Assert.NotEqual(_names.KeyOf("A.cs", 12), _names.KeyOf(second, 12));
    }

    [Fact]
    public void UnknownPlaceHasNoKey()
    {
        Assert.Equal(0u, _names.KeyOf("", 12));
        Assert.Equal(0u, _names.KeyOf(null!, 12));
        Assert.Equal(("", 0), _names.NameOf(0));

        // Nor does what comes after one take over anything of it.
        uint key = _names.KeyOf("a.cs", 12);
        Assert.Equal(0u, _names.KeyOf("", 13));
        Assert.Equal(key, _names.KeyOf("a.cs", 12));
        Assert.Null(new SiteNames().LastFile);
    }

    [Fact]
    public void FilesBeyondTheLastKeyAreUnknownAndTheOthersStay()
    {
        // More names than the short list of recent ones holds, each in two objects.
        string[] files = [.. Enumerable.Range(0, MaxFiles + 50).Select(i => $"/src/{i}.cs")];
        uint[] keys = [.. files.Select((file, i) => _names.KeyOf(file, i))];

        Assert.Equal(MaxFiles, keys.Take(MaxFiles).Distinct().Count(key => key != 0));
        Assert.All(keys.Skip(MaxFiles), key => Assert.Equal(0u, key));
        Assert.Null(_names.LastFile);
        for (int i = 0; i < files.Length; i++)
        {
            string copy = new(files[i].AsSpan());
            Assert.Equal(keys[i], _names.KeyOf(copy, i));
            Assert.Equal(i < MaxFiles ? (files[i], i) : ("", 0), _names.NameOf(keys[i]));
        }

        Assert.Equal((files[MaxFiles - 1], 524_287), _names.NameOf(_names.KeyOf(files[MaxFiles - 1], int.MaxValue)));
    }

    [Fact]
    public void FileMetLastIsTheOneOfTheLastKey()
    {
        const string first = "first.cs";
        const string second = "second.cs";
        uint key = _names.KeyOf(first, 7);
        Assert.Same(first, _names.LastFile);
        Assert.Equal(key, _names.LastBase + 7);

        _names.KeyOf(second, 7);
        Assert.Same(second, _names.LastFile);
        Assert.NotEqual(key, _names.LastBase + 7);
    }
}
