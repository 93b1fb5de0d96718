namespace Rm.Diagnostics;

/// <summary>What happened to a state or its recording as a whole, by its number in the file.</summary>
internal enum RecordingMark : byte
{
    /// <summary>The recording was finished in order; nothing follows.</summary>
    End = 0,

    /// <summary>The state is about to be disposed or reset with blocks alive.</summary>
    Ending = 1,

    /// <summary>The state forgot every block that lived.</summary>
    Abandoned = 2,

    /// <summary>The state was disposed.</summary>
    Disposed = 3,
}
