namespace Rm.Fuzz.Subjects;

/// <summary>How executions compare: what is not so ends the program.</summary>
internal static class Expectation
{
    public static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new MismatchException(message);
        }
    }

    public static void Same<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new MismatchException($"{what} is {actual}, the model says {expected}");
        }
    }

    /// <summary>What a call throws, or null.</summary>
    public static Exception? Catch(Action call)
    {
        try
        {
            call();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
