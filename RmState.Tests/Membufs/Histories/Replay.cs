namespace Rm.Tests.Membufs.Histories;

/// <summary>
/// Runs an operation from its start with the outcomes of its first accesses given, up to the access whose outcome is not. So a thread can
/// stand before any access without a stack of its own: where it stands is what it has seen.
/// </summary>
internal sealed class Replay(Places places, Judge judge, MemoryFlaws flaws)
{
    /// <summary>An operation that makes more accesses than this waits for something by itself, and has no end.</summary>
    private const int MostAccesses = 120;

    [ThreadStatic]
    private static Replay? _current;

    private readonly AccessReachedException _reached = new();
    private readonly List<Happening> _happenings = [];
    private Operation? _operation;
    private ulong[] _seen = [];
    private int _next;

    /// <summary>The access that the last run came to, or null when it came to the end.</summary>
    internal Access? Reached { get; private set; }

    internal static MemoryFlaws Flaws => Current.PlantedFlaws;

    private static Replay Current => _current ?? throw new InvalidOperationException("Scheduled memory is touched outside any history.");

    private MemoryFlaws PlantedFlaws { get; } = flaws;

    /// <summary>Asks for an access; comes back only if its outcome is known.</summary>
    internal static ulong Ask(Access access) => Current.Answer(access);

    /// <summary>Lets the judge know something that the code under test has just done.</summary>
    internal static void Tell(int what, long value, string text) => Current.Note(HappeningKind.Told, what, value, text);

    /// <summary>Runs an operation.</summary>
    /// <returns>What happened after the last of the known accesses.</returns>
    internal Happening[] Run(Operation operation, ulong[] seen)
    {
        (_operation, _seen, _next, Reached) = (operation, seen, 0, null);
        _happenings.Clear();
        if (seen.Length == 0)
        {
            Note(HappeningKind.Begun, 0, 0, null);
        }

        _current = this;
        try
        {
            long result = operation.Body();
            Note(HappeningKind.Returned, 0, result, null);
        }
        catch (AccessReachedException)
        {
            Assert.NotNull(Reached);
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            Note(HappeningKind.Broke, 0, 0, exception.Message);
        }
        finally
        {
            _current = null;
        }

        if (places.WereWritten())
        {
            places.Restore();
            _happenings.Add(new Happening(HappeningKind.Broke, operation, Text: "memory was written past the interface"));
        }

        return [.. _happenings];
    }

    private ulong Answer(Access access)
    {
        if (_next < _seen.Length)
        {
            return _seen[_next++];
        }

        if (_next == MostAccesses)
        {
            throw new InvalidOperationException("the operation has no end");
        }

        Reached = access;
        throw _reached;
    }

    private void Note(HappeningKind kind, int what, long value, string? text)
    {
        var happening = new Happening(kind, _operation!, what, value, text);
        if (_next == _seen.Length && (kind == HappeningKind.Broke || judge.Minds(happening)))
        {
            _happenings.Add(happening);
        }
    }
}
