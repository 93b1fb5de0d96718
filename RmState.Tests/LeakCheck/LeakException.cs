namespace Rm.Tests.LeakCheck;

/// <summary>A test ended while native memory that it took was still held, or gave it back wrongly.</summary>
public sealed class LeakException(string message) : Exception(message);
