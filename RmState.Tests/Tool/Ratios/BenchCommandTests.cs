using Rm.Tool.Ratios;

namespace Rm.Tests.Tool.Ratios;

public sealed class BenchCommandTests
{
    [Theory]
    [InlineData("")]
    [InlineData("--quick --only Dictionary --seeds 2")]
    [InlineData("--smoke")]
    public void AcceptsItsOptions(string line) => Assert.Empty(BenchCommand.Create().Parse(line).Errors);

    [Theory]
    [InlineData("--quick --smoke")]
    [InlineData("--seeds 0")]
    [InlineData("--seeds 65")]
    [InlineData("--fast")]
    public void RefusesWhatMakesNoSense(string line) => Assert.NotEmpty(BenchCommand.Create().Parse(line).Errors);

    [Fact]
    public void FindsTheRepositoryFromInsideIt()
    {
        string root = Directory.CreateTempSubdirectory("bench").FullName;
        try
        {
            string inside = Directory.CreateDirectory(Path.Combine(root, "a", "b")).FullName;
            Assert.Equal(inside, BenchCommand.Root(inside));

            File.WriteAllText(Path.Combine(root, "RmState.sln"), "");
            Assert.Equal(root, BenchCommand.Root(inside));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
