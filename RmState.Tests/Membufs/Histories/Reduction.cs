namespace Rm.Tests.Membufs.Histories;

/// <summary>How much an exploration leaves out because it would show nothing new.</summary>
internal enum Reduction
{
    /// <summary>Nothing: every order of steps is gone through from its start to its end.</summary>
    None,

    /// <summary>A state that was met before is not explored again.</summary>
    States,

    /// <summary>Nor are the other threads let go first where a step concerns its own thread alone.</summary>
    StatesAndOrders,
}
