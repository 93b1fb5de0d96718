using System.Runtime.ExceptionServices;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>
/// A second thread: it does what it is given and idles in between, but lives until the dispose, so that what it allocated stays its own.
/// </summary>
internal sealed class Companion : IDisposable
{
    private readonly Barrier _barrier = new(participantCount: 2);
    private readonly Thread _thread;
    private Action? _work;
    private Exception? _failure;

    /// <summary>Starts the thread.</summary>
    internal Companion()
    {
        _thread = new Thread(Serve) { IsBackground = true, Name = "companion" };
        _thread.Start();
    }

    /// <summary>Has it do something while the caller waits.</summary>
    internal void Do(Action work) => DoBoth(work, static () => { });

    /// <summary>Begins two things at once, one on each thread, and returns when both are done.</summary>
    /// <param name="its">What the companion does; what it throws is thrown here.</param>
    /// <param name="callers">What the calling thread does.</param>
    internal void DoBoth(Action its, Action callers)
    {
        (_work, _failure) = (its, null);
        _barrier.SignalAndWait();
        try
        {
            callers();
        }
        finally
        {
            _barrier.SignalAndWait();
        }

        if (Interlocked.Exchange(ref _failure, null) is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    public void Dispose()
    {
        _work = null;
        _barrier.SignalAndWait();
        _thread.Join();
        _barrier.Dispose();
    }

    private void Serve()
    {
        while (true)
        {
            _barrier.SignalAndWait();
            if (_work is not { } work)
            {
                return;
            }

            try
            {
                work();
            }
            catch (Exception failure)
            {
                _failure = failure;
            }

            _barrier.SignalAndWait();
        }
    }
}
