namespace Rm.Tests.Tool.Replay.Threads;

/// <summary>Runs what must not hang.</summary>
internal static class InTime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Runs on a thread of its own, which must end.</summary>
    public static T Run<T>(Func<T> run)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = run();
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(Limit), "it hangs");
        Assert.Null(failure);
        return result!;
    }

    /// <summary>Waits until something holds, which must be in time.</summary>
    public static void Until(Func<bool> holds) => Assert.True(SpinWait.SpinUntil(holds, Limit), "it never came true");
}
