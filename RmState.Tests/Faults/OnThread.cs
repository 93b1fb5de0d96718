using System.Runtime.ExceptionServices;

namespace Rm.Tests.Faults;

/// <summary>Runs work on a thread of its own and brings its exception back.</summary>
internal static class OnThread
{
    public static void Run(Action work) => Start(work)();

    /// <summary>Starts work beside the caller.</summary>
    /// <returns>Waits for the end.</returns>
    public static Action Start(Action work, int stackSize = 0)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }, stackSize)
        {
            IsBackground = true,
        };
        thread.Start();
        return () =>
        {
            Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "the thread did not end within a minute");
            failure?.Throw();
        };
    }
}
