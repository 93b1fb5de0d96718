using System.Runtime.ExceptionServices;

namespace Rm.Fuzz.Subjects;

/// <summary>A thread that does what it is told, one thing after another, while whoever told it waits: no two threads ever run at once.</summary>
internal sealed class BatonThread : IDisposable
{
    private const int StackBytes = 512 << 10;

    private readonly SemaphoreSlim _given = new(0);
    private readonly SemaphoreSlim _back = new(0);
    private readonly Thread _thread;
    private Action? _action;
    private ExceptionDispatchInfo? _thrown;

    public BatonThread()
    {
        _thread = new Thread(Work, StackBytes) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Whether it is in the middle of something, and waits itself for another.</summary>
    public bool IsBusy => _action is not null;

    /// <summary>Does something on the thread, and throws here what it throws.</summary>
    public void Run(Action action)
    {
        _action = action;
        _given.Release();
        _back.Wait();
        _action = null;
        ExceptionDispatchInfo? thrown = _thrown;
        _thrown = null;
        thrown?.Throw();
    }

    /// <summary>Ends the thread.</summary>
    public void Dispose()
    {
        _given.Release();
        _thread.Join();
        _given.Dispose();
        _back.Dispose();
    }

    private void Work()
    {
        while (true)
        {
            _given.Wait();
            if (_action is not { } action)
            {
                return;
            }

            try
            {
                action();
            }
            catch (Exception e)
            {
                _thrown = ExceptionDispatchInfo.Capture(e);
            }

            _back.Release();
        }
    }
}
