namespace Rm.Fuzz;

internal static class Program
{
    private const string Usage = """
        usage: RmState.Fuzz run --seconds N
               RmState.Fuzz mutations
        """;

    private static int Main(string[] args)
    {
        if (args is [] or ["--help"])
        {
            Console.WriteLine(Usage);
            return 0;
        }

        Console.Error.WriteLine($"RmState.Fuzz: unknown command '{args[0]}'; --help lists the commands");
        return 2;
    }
}
