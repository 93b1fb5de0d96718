using System.Runtime.ExceptionServices;

namespace Rm.Diagnostics;

/// <summary>A recording in progress: made by <see cref="RmRecorder.Record(RmState, Stream, bool)"/>, finished by Dispose.</summary>
/// <remarks>Thread rule: the state's.</remarks>
public sealed class RmRecording : IDisposable
{
    private readonly RmState _state;
    private readonly bool _leaveOpen;
    private readonly RecordingWriter _writer;
    private readonly RecordingObserver _observer;
    private bool _isDisposed;

    internal RmRecording(RmState state, Stream stream, bool leaveOpen)
    {
        _state = state;
        _leaveOpen = leaveOpen;
        _writer = new RecordingWriter(stream);
        _observer = new RecordingObserver(state, _writer);
        _observer.Begin(DateTimeOffset.UtcNow);
        state.AddObserver(_observer);
    }

    /// <summary>How many events were recorded; 0 after a failure.</summary>
    public long Events => _writer.Events;

    /// <summary>How many bytes the recording has by now, those in its buffer included.</summary>
    public long Bytes => _writer.Bytes;

    /// <summary>
    /// Why the recording stopped early: what the stream threw. Null while all is well. The state goes on as if nothing were recorded.
    /// </summary>
    public Exception? Failure => _writer.Failure;

    /// <summary>
    /// Hands everything recorded so far to the stream and flushes that: the recording is readable up to here whatever happens later.
    /// A failure of the stream ends the recording and shows in <see cref="Failure"/>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The recording was disposed.</exception>
    public void Flush()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _writer.Flush();
    }

    /// <summary>
    /// Ends the recording: writes what is left and, if the stream can seek, the number of events into the header. The state may have
    /// been disposed before. Calling it again does nothing.
    /// </summary>
    /// <exception cref="IOException">The stream failed, now or earlier: what it threw, of whatever type; the same as <see cref="Failure"/>.</exception>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _state.RemoveObserver(_observer);
        _observer.Complete();
        if (!_leaveOpen)
        {
            _writer.Close();
        }

        if (_writer.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }
}
