namespace Rm.Tool.Ratios.Measuring;

/// <summary>How the rounds of a row are.</summary>
internal enum RoundKind
{
    /// <summary>Short ones of one thread.</summary>
    Alone,

    /// <summary>Long ones of two threads at once.</summary>
    Together,

    /// <summary>Rounds of processor time, of two threads that wait for each other.</summary>
    OfProcess,
}
