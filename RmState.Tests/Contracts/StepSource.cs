namespace Rm.Tests.Contracts;

/// <summary>Draws steps: sizes of every kind, those beside a boundary most of all.</summary>
internal static class StepSource
{
    private static readonly int[] Boundaries = [16, 128, 1024, 4096, 32 << 10, 64 << 10, 128 << 10, 1 << 20, (1 << 20) + (512 << 10), 3 << 20];

    /// <summary>Draws the next step of a program.</summary>
    /// <param name="random">What decides.</param>
    /// <param name="model">What lives.</param>
    /// <param name="crowd">How many blocks a program tends to hold.</param>
    public static ProgramStep Draw(Random random, ProgramModel model, int crowd)
    {
        bool roomy = model.Live.Count < crowd / 2 || random.Next(2 * crowd) >= model.Live.Count;
        int kind = random.Next(100);
        if (kind < 4)
        {
            return new ProgramStep(StepKind.Trim, Size: random.Next(4) switch { 0 => 0, 1 => 4096, 2 => 100_000, _ => nuint.MaxValue / 2 });
        }

        if (kind < 8 && model.Freed.Count > 0)
        {
            // Mostly one of the last freed: the others' places are taken again.
            return new ProgramStep(StepKind.FreeAgain, model.Freed[Math.Max(0, model.Freed.Count - 1 - random.Next(4))]);
        }

        if (model.Live.Count == 0 || (kind < 54 && roomy))
        {
            StepKind allocation = random.Next(5) switch { 0 => StepKind.AllocateZeroed, 1 => StepKind.AllocateAligned, _ => StepKind.Allocate };
            nuint alignment = allocation == StepKind.AllocateAligned ? (nuint)1 << random.Next(random.Next(8) == 0 ? 19 : 13) : 0;
            return new ProgramStep(allocation, model.Next, Size(random), alignment);
        }

        int block = model.Live[random.Next(model.Live.Count)];
        bool told = random.Next(2) == 0;
        return kind < 72 ? new ProgramStep(StepKind.Reallocate, block, Size(random), Told: told)
            : kind < 77 ? new ProgramStep(StepKind.Look, block)
            : new ProgramStep(StepKind.Free, block, Told: told);
    }

    public static nuint Size(Random random) => random.Next(16) switch
    {
        0 => 0,
        1 => (nuint)random.Next(15, 18),
        2 => (nuint)random.Next(1, 16),
        < 8 => (nuint)random.Next(1, 1500),
        8 => Beside(random, 1 << random.Next(5, 17)),
        9 => Beside(random, Boundaries[random.Next(Boundaries.Length - 2)]),
        10 => Beside(random, Boundaries[random.Next(Boundaries.Length)]),
        11 => Beside(random, ClassBoundary(random, 17)),
        12 => Beside(random, ClassBoundary(random, 20)),
        13 => (nuint)random.Next(1500, 40_000),
        14 => (nuint)random.Next(40_000, 300_000),
        _ => (nuint)random.Next(1 << random.Next(18, 23)),
    };

    // Eight steps to a doubling, as size-class heaps have them.
    private static int ClassBoundary(Random random, int log2)
    {
        int below = 1 << random.Next(7, log2);
        return below + (below / 8 * random.Next(8));
    }

    private static nuint Beside(Random random, int size) => (nuint)Math.Max(0, size + random.Next(-1, 2));
}
