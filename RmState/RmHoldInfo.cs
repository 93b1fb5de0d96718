namespace Rm;

/// <summary>One holder of a block, as <see cref="RmState.RmWhoHolds(nint)"/> shows it.</summary>
/// <param name="Site">Where <see cref="RmState.RmRetainAs(nint, string, int)"/> was called.</param>
/// <param name="Born">The state's operation number then; it tells which holder is older.</param>
public readonly record struct RmHoldInfo(RmSite Site, long Born);
