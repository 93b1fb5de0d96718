namespace Rm.Tests.Faults;

/// <summary>Which request for memory fails, counted over everything that shares the plan.</summary>
internal sealed class FaultPlan
{
    /// <summary>The number of the request that fails, from 1; 0 for none.</summary>
    public long FailAt { get; set; }

    /// <summary>From <see cref="FailAt"/> on, every request fails, until it is cleared.</summary>
    public bool Persistent { get; set; }

    /// <summary>Requests so far.</summary>
    public long Requests { get; private set; }

    /// <summary>Requests refused so far.</summary>
    public long Refused { get; private set; }

    /// <summary>Makes all requests from now on fail.</summary>
    public void FailFromNow() => (FailAt, Persistent) = (Requests + 1, true);

    /// <summary>Makes no further request fail.</summary>
    public void Stop() => FailAt = 0;

    /// <summary>Called once a request.</summary>
    public bool Refuses()
    {
        Requests++;
        bool refused = FailAt != 0 && (Requests == FailAt || (Persistent && Requests > FailAt));
        Refused += refused ? 1 : 0;
        return refused;
    }
}
