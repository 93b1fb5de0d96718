namespace Rm.Tests.Membufs.Histories;

/// <summary>What follows an access that had a certain outcome, up to the thread's next access.</summary>
internal sealed record LocalStep(Happening[] Happenings, LocalState Next);
