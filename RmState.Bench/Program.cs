using BenchmarkDotNet.Running;

namespace Rm.Bench;

internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is [])
        {
            Console.WriteLine("usage: RmState.Bench --filter PATTERN [BenchmarkDotNet options]");
            return 0;
        }

        return BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args).Any() ? 0 : 2;
    }
}
