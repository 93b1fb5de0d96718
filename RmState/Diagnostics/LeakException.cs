using Rm.Violations;

namespace Rm.Diagnostics;

/// <summary>Blocks live that should not: a state is not balanced, or grew in a leak scope. The message names every site.</summary>
public sealed class LeakException : MemoryViolationException
{
    /// <summary>Makes a violation without blocks.</summary>
    public LeakException()
        : this("Blocks live that should not; release or detach them.")
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public LeakException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation during which something else was thrown.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What was thrown.</param>
    public LeakException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public LeakException(string message, nint block)
        : base(message, block)
    {
    }

    internal LeakException(string message, RmState state, CapturedBlocks blocks, Exception? thrown = null)
        : base(message, thrown!)
    {
        State = state;
        Blocks = blocks;
        Sites = new BlockGroups(blocks).BySite;
    }

    /// <summary>The blocks that leaked, as they were.</summary>
    public IReadOnlyList<RmBlock> Blocks { get; } = [];

    /// <summary>The same by site, most bytes first.</summary>
    public IReadOnlyList<RmBlockGroup> Sites { get; } = [];

    internal RmState? State { get; }
}
