namespace Rm.Diagnostics;

/// <summary>The call that a violation refused, by its number in the file.</summary>
internal enum RecordedMember : byte
{
    Other = 0,
    Retain = 1,
    Release = 2,
    Attach = 3,
    Detach = 4,
    Realloc = 5,
}
