namespace Rm.Fuzz.Models;

/// <summary>
/// What a state should record beyond counts: by place who retained and released, the last operations, and what went last. In
/// dictionaries and lists; exact for as long as the state finds memory for its records.
/// </summary>
internal sealed class SiteModel(int historyLength, int quarantineLength, bool allocatorKnowsSizes)
{
    // A count in a history goes no further.
    private const long MaxHistoryCount = (1 << 24) - 1;

    private readonly List<ModelGone> _gone = [];

    public RmDiagnosticsLevel Level { get; set; }

    /// <summary>Where calls come from just now.</summary>
    public RmSite Here { get; set; }

    public IReadOnlyList<ModelGone> Gone => _gone;

    private bool IsSited => Level >= RmDiagnosticsLevel.Sites;

    public void Born(ModelBlock block, RmOperation operation)
    {
        block.Site = IsSited ? Here : default;
        Append(block.History, operation, Here, 1);
    }

    public void Retained(ModelBlock block, long times)
    {
        Count(block.Retains, times);
        Append(block.History, RmOperation.Retain, Here, block.Count);
    }

    public void Released(ModelBlock block)
    {
        Count(block.Releases, 1);
        Append(block.History, RmOperation.Release, Here, block.Count);
    }

    public void Resized(ModelBlock block) => Append(block.History, RmOperation.Reallocate, Here, 1);

    public void Held(ModelBlock block, RmOperation operation, RmSite site) => Append(block.History, operation, site, block.Count);

    /// <summary>The block begins to go; it is remembered by <see cref="Bury"/>.</summary>
    public void Ended(ModelBlock block, RmOperation operation, RmSite site)
    {
        (block.EndedBy, block.EndSite) = (operation, site);
        Append(block.History, operation, site, 0);
    }

    public void Bury(ModelBlock block) => Add(new ModelGone(block.Address, block.Size, block.Site, block.EndedBy, block.EndSite)
    {
        Retains = block.Retains,
        History = block.History,
        SizeIsLost = allocatorKnowsSizes && block.EndedBy == RmOperation.Abandon,
    });

    /// <summary>The block leaves its address.</summary>
    public void Moved(ModelBlock block)
    {
        List<ModelOperation> history = [];
        Append(history, RmOperation.Reallocate, Here, 0);
        Add(new ModelGone(block.Address, block.Size, block.Site, RmOperation.Reallocate, Here)
        {
            Retains = new Dictionary<RmSite, long>(),
            History = history,
            SizeIsLost = allocatorKnowsSizes,
        });
    }

    public void Reset() => _gone.Clear();

    private void Add(ModelGone gone)
    {
        if (!IsSited || quarantineLength == 0)
        {
            return;
        }

        _gone.Add(gone);
        if (_gone.Count > quarantineLength)
        {
            _gone.RemoveAt(0);
        }
    }

    private void Count(Dictionary<RmSite, long> places, long times)
    {
        if (IsSited)
        {
            places[Here] = places.GetValueOrDefault(Here) + times;
        }
    }

    private void Append(List<ModelOperation> history, RmOperation operation, RmSite site, long count)
    {
        if (Level != RmDiagnosticsLevel.Full)
        {
            return;
        }

        history.Add(new ModelOperation(operation, site, Math.Min(count, MaxHistoryCount)));
        if (history.Count > historyLength)
        {
            history.RemoveAt(0);
        }
    }
}
