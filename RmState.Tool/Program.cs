namespace Rm.Tool;

internal static class Program
{
    private const string Usage = """
        usage: rmstate replay TRACE...
               rmstate bench [--quick | --smoke]
        """;

    private static int Main(string[] args)
    {
        if (args is [] or ["--help"])
        {
            Console.WriteLine(Usage);
            return 0;
        }

        Console.Error.WriteLine($"rmstate: unknown command '{args[0]}'; --help lists the commands");
        return 2;
    }
}
