using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;

namespace Rm.Diagnostics;

/// <summary>
/// A stretch of code in which a state must not grow. Its end throws if blocks live that came since its begin, and names their sites
/// and who holds the first few. Made by <see cref="RmSnapshotExtensions.BeginLeakScope"/>.
/// </summary>
/// <remarks>
/// <para>
/// A scope that is left by an exception is checked as well: an error path that forgets a release is the usual leak. The exception is
/// not lost then: it is the <see cref="Exception.InnerException"/> of the <see cref="LeakException"/>. Whether an exception is on its way
/// or was caught cannot be told for sure, so the inner exception is the last one that was thrown inside, caught or not. Give
/// <see cref="RmLeakScopeOptions.OnLeak"/> to have the end never throw.
/// </para>
/// <para>
/// Scopes may be nested; what an inner scope threw an outer one does not throw again. Blocks that came before may go, that makes no
/// room for new ones. Of blocks whose birth is not recorded, as many as RmRealloc resized are taken for moved ones, not for new.
/// </para>
/// <para>Thread rule: the state's. While a scope is open the process keeps it and its state alive.</para>
/// </remarks>
public sealed class RmLeakScope : IDisposable
{
    private readonly RmState _state;
    private readonly RmLeakScopeOptions _options;
    private readonly RmSite _site;
    private readonly RmSnapshot _before;
    private readonly AsyncLocal<bool> _inside = new();
    private readonly HashSet<(nint Address, long Born)> _told = [];
    private Exception? _thrown;
    private bool _ended;

    internal RmLeakScope(RmState state, RmLeakScopeOptions options, RmSite site)
    {
        _state = state;
        _options = options;
        _site = site;
        _before = state.Snapshot();
        _inside.Value = true;
        AppDomain.CurrentDomain.FirstChanceException += NoteThrown;
    }

    /// <summary>Ends the scope. Calling it again does nothing; if the state was disposed inside, there is nothing to check.</summary>
    /// <exception cref="LeakException">Blocks live that came since the scope began.</exception>
    /// <exception cref="Rm.Violations.ConcurrentUseException">Another thread uses the state, or the call comes from its own allocator.</exception>
    public void Dispose()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        AppDomain.CurrentDomain.FirstChanceException -= NoteThrown;
        _inside.Value = false;
        if (!_state.IsDisposed && FindLeak() is { } leak)
        {
            if (_options.OnLeak is null)
            {
                throw leak;
            }

            _options.OnLeak(leak);
        }
    }

    // Runs for every exception of the process; those of other threads and tasks are not this scope's.
    private void NoteThrown(object? sender, FirstChanceExceptionEventArgs thrown)
    {
        if (!_inside.Value)
        {
            return;
        }

        _thrown = thrown.Exception;
        if (thrown.Exception is LeakException leak && ReferenceEquals(leak.State, _state))
        {
            _told.UnionWith(leak.Blocks.Select(block => (block.Address, block.Born)));
        }
    }

    private LeakException? FindLeak()
    {
        RmSnapshotDiff diff = _state.Snapshot().Since(_before);
        CapturedBlock[] came = [.. diff.CapturedCame.Rows.ToArray().Where(block => !_told.Contains((block.Address, block.Born)))];
        if (came.Length - MovedAtMost(came, diff) <= _options.ToleratedBlocks)
        {
            return null;
        }

        var blocks = new CapturedBlocks(came, diff.CapturedCame.Sites);
        return new LeakException(Describe(blocks), _state, blocks, _thrown);
    }

    private static long MovedAtMost(CapturedBlock[] came, RmSnapshotDiff diff)
    {
        // After a Reset the counters begin anew: the later one alone is what was resized since.
        long before = diff.Earlier.Statistics.Reallocations;
        long after = diff.Later.Statistics.Reallocations;
        long resized = after >= before ? after - before : after;
        return Math.Min(resized, Math.Min(came.LongCount(block => block.Born == 0), diff.Went.LongCount(block => block.Born == 0)));
    }

    private string Describe(CapturedBlocks blocks)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        long bytes = blocks.Sum(block => (long)(block.Size ?? 0));
        var text = new StringBuilder();
        text.Append(culture, $"{blocks.Count} blocks live that came since the leak scope at {_site} began, ");
        text.Append(culture, $"{bytes} bytes of known size, in the state '{_state.Name ?? "unnamed"}'");
        text.Append(_options.ToleratedBlocks == 0 ? "" : string.Create(culture, $"; {_options.ToleratedBlocks} are tolerated"));
        text.Append(". Release or detach them.");
        LeakText.Append(text, _state, blocks);
        return text.ToString();
    }
}
