namespace Rm.Fuzz.Models;

/// <summary>One operation in the history of a block.</summary>
internal readonly record struct ModelOperation(RmOperation Operation, RmSite Site, long Count);
