using Rm.Fuzz.Models;
using Rm.Fuzz.Programs;
using Rm.Violations;

namespace Rm.Fuzz.Subjects;

/// <content>Levels, places, holders and explanations.</content>
internal sealed unsafe partial class Execution
{
    private const int Holders = 64;
    private static readonly string[] Files = ["/src/net.cs", "/src/decoder.cs", @"C:\src\player.cs", ""];

    private readonly ModelHold?[] _holds = new ModelHold?[Holders];
    private string _file = Files[0];
    private int _line = 1;

    // Somebody held or sites were recorded, so there is more to compare than counts.
    private bool _diagnosed;

    // The table's memory failed at some time: then notes may be missing, but none is wrong.
    private bool _lossy;

    private void Diagnose(Op op)
    {
        nint block = Register(op.Register);
        switch (op.Code)
        {
            case OpCode.Level:
                RmDiagnosticsLevel level = (RmDiagnosticsLevel)((ulong)op.A % 3);
                _state.Level = level;
                _model.Sites.Level = level;
                Same(level, _state.Level, "the level");
                _diagnosed |= level != RmDiagnosticsLevel.Counters;
                break;
            case OpCode.At:
                GoTo((int)(op.A & 31));
                break;
            case OpCode.RetainAs:
                RetainAs(block, op);
                break;
            case OpCode.EndHold:
                EndHold(_holds[op.A & (Holders - 1)]);
                break;
            case OpCode.WhoHolds:
                CompareHolders(block);
                break;
            default:
                Explain(op.Code == OpCode.ExplainAt ? block + (nint)op.B : (nint)op.A);
                break;
        }
    }

    // Four files, one of them unknown, four lines of each, and the same text in another object.
    private void GoTo(int place)
    {
        string file = Files[place & 3];
        _line = (place >> 2) & 3;
        _file = place >= 16 ? new string(file.AsSpan()) : file;
        _model.Sites.Here = file.Length == 0 ? default : new RmSite(file, _line);
    }

    private bool Lives(ModelBlock block) => !block.Finalizing && ReferenceEquals(_model.Find(block.Address), block);

    private void RetainAs(nint block, Op op)
    {
        ref ModelHold? place = ref _holds[op.A & (Holders - 1)];
        if (block == 0 || place is { Ended: false })
        {
            return;
        }

        ForgetFailures();
        RmHold hold = default;
        Exception? thrown = Catch(() => hold = IsRaw(op) ? _state.RmRetainAs((void*)block, _file, _line) : _state.RmRetainAs(block, _file, _line));
        if (!_model.TryFindLive(block, out ModelBlock? known))
        {
            RefusedAsUnknown(thrown, "RmRetainAs", block);
            return;
        }

        if (thrown is OutOfMemoryException)
        {
            RequireReason(0);
            return;
        }

        if (known.Count == long.MaxValue)
        {
            Require(thrown is OverflowException, "RmRetainAs wrapped a count");
            return;
        }

        Require(thrown is null, $"RmRetainAs gave {thrown?.GetType().Name}: {thrown?.Message}");
        Require(hold.IsHeld && hold.Block == block, "a new holder does not hold");
        _diagnosed = true;
        place = new ModelHold(hold, known, _model.Sites.Here);
        _model.Hold(place);
        Same(known.Count, _state.RmCount(block), "the count after RmRetainAs");
    }

    private void EndHold(ModelHold? hold)
    {
        if (hold is null)
        {
            return;
        }

        bool lives = !hold.Ended && Lives(hold.Block);
        Same(lives, hold.Hold.IsHeld, "that a holder holds");
        if (lives)
        {
            EndLive(hold);
        }
        else
        {
            hold.Hold.Dispose();
            if (!hold.Ended)
            {
                hold.Ended = true;
                RequireOutlived(hold.Block.Address);
            }
        }

        Same(false, hold.Hold.IsHeld, "that an ended holder holds");
    }

    private void EndLive(ModelHold hold)
    {
        ModelBlock block = hold.Block;
        nint address = block.Address;
        _model.EndHold(hold);
        bool outlived = block.Count == 0 && block.Holds.Count > 0;
        if (block.Finalizing)
        {
            _queue.Enqueue(block);
        }

        try
        {
            hold.Hold.Dispose();
            Require(_running is not null || _thrown.Count == 0, "the exception of a deallocator was swallowed");
        }
        catch (Exception e) when (_running is null && e is DeliberateException or AggregateException)
        {
            RequireThrown(e);
        }

        if (outlived)
        {
            RequireOutlived(address);
        }
    }

    private void RequireOutlived(nint block)
    {
        Same(1, _reported.Count, "the number of violations reported when a holder outlived its block");
        Require(_reported[0] is StaleReferenceException, $"{_reported[0].GetType().Name} was reported when a holder outlived its block");
        Same(block, _reported[0].Block, "the block of a holder that outlived it");
        _reported.Clear();
        _model.Totals.Violations++;
    }

    private void ReleaseHeld(nint block, Op op)
    {
        if (op.Code == OpCode.TryRelease)
        {
            Require(!_state.RmTryRelease(block, out long remaining, _file, _line) && remaining == 0, "RmTryRelease gave back what a holder has");
        }
        else
        {
            Refused<HeldBlockException>(Catch(() => CallRelease(block, op)), "RmRelease", block);
        }
    }

    private void EndHoldsOf(ModelBlock block)
    {
        while (Lives(block) && block.Holds.Count > 0)
        {
            EndHold(block.Holds[^1]);
        }
    }

    private void CompareHolders(nint block)
    {
        if (block == 0 || !_model.TryFindLive(block, out ModelBlock? known))
        {
            return;
        }

        RmHolders holders = _state.RmWhoHolds(block);
        Same(block, holders.Block, "the block of RmWhoHolds");
        Same(known.Count, holders.Count, "the count of RmWhoHolds");
        Same(known.Size < 0 ? null : (nuint?)known.Size, holders.Size, "the size of RmWhoHolds");
        Require(
            known.Holds.Select(h => h.Site).SequenceEqual(holders.Holds.Select(h => h.Site)),
            $"{known} is held at {string.Join(", ", holders.Holds.Select(h => h.Site))}, the model says {string.Join(", ", known.Holds.Select(h => h.Site))}");
        Require(holders.Holds.Zip(holders.Holds.Skip(1)).All(pair => pair.First.Born < pair.Second.Born), "holders are not listed by age");
        CompareSite(known.Site, holders.Site, $"the site of {known}");
        ComparePlaces(known.Retains, holders.Retains, $"the retains of {known}");
        ComparePlaces(known.Releases, holders.Releases, $"the releases of {known}");
        CompareHistory(known.History, holders.History, $"the history of {known}");
    }

    private void CompareSite(RmSite expected, RmSite actual, string what)
    {
        if (!_lossy || actual.IsKnown)
        {
            Same(expected, actual, what);
        }
    }

    private void ComparePlaces(IReadOnlyDictionary<RmSite, long> expected, IReadOnlyList<RmSiteCount> actual, string what)
    {
        Require(_lossy || expected.Count == actual.Count, $"{what} are at {string.Join(", ", actual)}, the model says {string.Join(", ", expected)}");
        foreach (RmSiteCount place in actual)
        {
            long count = expected.GetValueOrDefault(place.Site);
            Require(place.Count == count || (_lossy && place.Count < count), $"{what} at {place.Site} are {place.Count}, the model says {count}");
        }

        Require(actual.Zip(actual.Skip(1)).All(pair => pair.First.Count >= pair.Second.Count), $"{what} are not listed most first");
    }

    private void CompareHistory(IReadOnlyList<ModelOperation> expected, IReadOnlyList<RmHistoryEntry> actual, string what)
    {
        Require(
            _lossy || expected.SequenceEqual(actual.Select(e => new ModelOperation(e.Operation, e.Site, e.Count))),
            $"{what} is {string.Join("; ", actual)}, the model says {string.Join("; ", expected)}");
        Require(actual.Zip(actual.Skip(1)).All(pair => pair.First.Number < pair.Second.Number), $"{what} is not in order");
    }

    private void Explain(nint address)
    {
        RmExplanation actual = _state.RmExplain(address);
        Same(address, actual.Address, "the address of an explanation");
        Require(actual.ToString().Length > 0, "an explanation says nothing");
        if (_model.TryFindLive(address, out ModelBlock? live) && address != 0)
        {
            Same(RmPointerKind.Live, actual.Kind, $"what {live} is");
            Same(address, actual.Block, $"the block of {live}");
            CompareSite(live.Site, actual.Site, $"the explained site of {live}");
            ComparePlaces(live.Retains, actual.Retains, $"the explained retains of {live}");
            return;
        }

        if (_lossy || address == 0)
        {
            Require(address != 0 || actual.Kind == RmPointerKind.Unknown, "null was explained");
            return;
        }

        ModelGone? gone = _model.Sites.Gone.LastOrDefault(g => g.Address == address);
        ModelBlock[] around = gone is not null ? [] : [.. _model.Live.Where(b => b.Size > 0 && (nuint)(address - b.Address) < (nuint)b.Size)];
        gone ??= _model.Sites.Gone.LastOrDefault(g => g.Covers(address));
        if (around.Length > 0)
        {
            Same(RmPointerKind.InsideLive, actual.Kind, $"what the inside of {around[0]} is");
            Require(Array.Exists(around, b => b.Address == actual.Block), $"0x{address:x} was explained as the inside of 0x{actual.Block:x}");
        }
        else if (gone is null)
        {
            Same(RmPointerKind.Unknown, actual.Kind, $"what 0x{address:x} is");
        }
        else if (gone.Address == address || !_model.Sites.Gone.Any(g => g.SizeIsLost && g.Covers(address)))
        {
            CompareGone(gone, actual);
        }
    }

    private void CompareGone(ModelGone gone, RmExplanation actual)
    {
        string what = $"the block that was at 0x{gone.Address:x}";
        Same(actual.Address == gone.Address ? RmPointerKind.Gone : RmPointerKind.InsideGone, actual.Kind, $"what {what} is");
        Same(gone.Address, actual.Block, $"the address of {what}");
        Same(gone.EndedBy, actual.EndedBy, $"the end of {what}");
        Same(gone.Site, actual.Site, $"the site of {what}");
        Same(gone.EndSite, actual.EndSite, $"the last site of {what}");
        ComparePlaces(gone.Retains, actual.Retains, $"the retains of {what}");
        CompareHistory(gone.History, actual.History, $"the history of {what}");
        if (!gone.SizeIsLost)
        {
            Same(gone.Size < 0 ? null : (nuint?)gone.Size, actual.Size, $"the size of {what}");
        }
    }
}
