using Rm.Diagnostics;

namespace Rm.Tool.Traces;

/// <summary>Reads the events of an RMT2 recording and holds the rules of the format against them (docs/trace-format.md).</summary>
/// <remarks>Memory grows with the objects and sites that were really read, never with what a number promises.</remarks>
internal sealed class RecordingReader : IRecordedEvents
{
    private const int MostEvents = int.MaxValue;
    private const ulong MostMicroseconds = 1UL << 60;

    private readonly RecordingFields _fields;
    private readonly ulong _promised;
    private readonly RecordedObjects _objects = new();
    private readonly List<RmSite> _sites = [new RmSite("", 0)];
    private readonly List<string> _files = [];
    private readonly Queue<RecordedEvent> _waiting = new();
    private int _site;
    private ulong _microseconds;
    private bool _hasEnded;

    /// <summary>Reads the header.</summary>
    /// <exception cref="TraceException">It is not a recording, of another version, or too long.</exception>
    public RecordingReader(TraceBytes bytes)
    {
        _fields = new RecordingFields(bytes);
        _promised = TraceHeader.ReadCount(bytes, RecordingFormat.Version);
        if (!IsOpenEnded && _promised > MostEvents)
        {
            throw new TraceException($"{bytes.Name}: the header says {_promised} events; more than {MostEvents} are not supported");
        }
    }

    public IReadOnlyList<RmSite> Sites => _sites;

    public string? StateName { get; private set; }

    public DateTimeOffset? Began { get; private set; }

    public bool IsComplete { get; private set; }

    private bool IsOpenEnded => _promised == RecordingFormat.OpenEnded;

    /// <summary>Reads the next event; definitions and clock readings are taken in passing.</summary>
    /// <returns>
    /// False after the last one, when also nothing follows it. A recording that nobody finished ends with its last whole event, and
    /// <see cref="IsComplete"/> stays false.
    /// </returns>
    /// <exception cref="TraceException">The bytes break a rule of the format.</exception>
    public bool Read(out RecordedEvent read)
    {
        while (!_waiting.TryDequeue(out read))
        {
            try
            {
                if (!ReadFromFile())
                {
                    return false;
                }
            }
            catch (EndOfStreamException e)
            {
                _hasEnded = true;
                return IsOpenEnded ? false : throw _fields.Cut(_promised, e);
            }
        }

        return true;
    }

    private bool ReadFromFile()
    {
        _fields.BeginEvent();
        if (IsComplete || (ulong)_fields.Event == _promised)
        {
            // Counted, and without an end: whoever counted also finished it.
            IsComplete = true;
            return _fields.IsAtEnd() ? false : throw _fields.Broken("the file goes on after its last event");
        }

        if (_hasEnded)
        {
            return false;
        }

        (RecordingOp op, byte flags) = _fields.TakeTag();
        ReadEvent(op, flags);
        _fields.EndEvent();
        return true;
    }

    private void ReadEvent(RecordingOp op, byte flags)
    {
        bool detail = (flags & RecordingFormat.Detail) != 0;
        switch (op)
        {
            case RecordingOp.Site:
                _fields.RefuseFlags(flags, RecordingFormat.Detail);
                AddSite(detail);
                break;
            case RecordingOp.Clock:
                _fields.RefuseFlags(flags, 0);
                PassTime();
                break;
            case RecordingOp.Begin:
                _fields.RefuseFlags(flags, RecordingFormat.Detail);
                Begin(detail);
                break;
            case RecordingOp.Mark:
                _fields.RefuseFlags(flags, 0);
                ReadMark();
                break;
            case <= RecordingOp.Violation:
                ReadBlockEvent(op, flags);
                break;
            default:
                throw _fields.Broken($"op {(int)op} does not exist");
        }
    }

    private void ReadBlockEvent(RecordingOp op, byte flags)
    {
        bool detail = (flags & RecordingFormat.Detail) != 0;
        bool hasDetail = op is RecordingOp.Realloc or RecordingOp.Free or RecordingOp.Attach or RecordingOp.Live;
        _fields.RefuseFlags(flags, RecordingFormat.HasSite | RecordingFormat.InBytes | (hasDetail ? RecordingFormat.Detail : 0));
        nint address = _fields.TakeAddress((flags & RecordingFormat.InBytes) != 0);
        if ((flags & RecordingFormat.HasSite) != 0)
        {
            ulong site = _fields.TakeVarint();
            _site = site < (ulong)_sites.Count ? (int)site : throw _fields.Broken($"site {site}, and there are {_sites.Count}");
        }

        switch (op)
        {
            case RecordingOp.Malloc:
                Bear(RecordedKind.Malloc, address, _fields.TakeSize());
                break;
            case RecordingOp.Calloc:
                Bear(RecordedKind.Calloc, address, _fields.TakeSize());
                break;
            case RecordingOp.Aligned:
                int alignment = _fields.TakeAlignment();
                Bear(RecordedKind.Aligned, address, _fields.TakeSize(), alignment: alignment);
                break;
            case RecordingOp.Attach:
                Bear(RecordedKind.Attach, address, detail ? _fields.TakeSize() : RecordedEvent.UnknownSize);
                break;
            case RecordingOp.Live:
                long count = _fields.TakeCount();
                Bear(RecordedKind.Live, address, detail ? _fields.TakeSize() : RecordedEvent.UnknownSize, count);
                break;
            case RecordingOp.Realloc:
                Reallocate(address, detail, (flags & RecordingFormat.InBytes) != 0);
                break;
            case RecordingOp.Free:
                End(RecordedKind.Free, RequireLive(address, op), detail);
                break;
            case RecordingOp.Detach:
                End(RecordedKind.Detach, RequireLive(address, op));
                break;
            case RecordingOp.Violation:
                ReadViolation(address);
                break;
            default:
                Count(op, address);
                break;
        }
    }

    private void Bear(RecordedKind kind, nint address, ulong size, long count = 1, int alignment = 0)
    {
        AbandonAt(address);
        int id = Add(address, size, count);
        Say(new RecordedEvent
        {
            Kind = kind,
            Object = id,
            Born = id,
            Address = address,
            Size = size,
            Count = count,
            AlignmentLog2 = alignment,
        });
    }

    private void Reallocate(nint from, bool moves, bool inBytes)
    {
        int old = RequireLive(from, RecordingOp.Realloc);
        nint to = moves ? _fields.TakeAddress(inBytes) : from;
        ulong size = _fields.TakeSize();
        _objects.End(old);
        AbandonAt(to);
        int id = Add(to, size, 1);
        Say(new RecordedEvent
        {
            Kind = RecordedKind.Realloc,
            Object = id,
            Born = id,
            Ended = old,
            Address = to,
            Size = size,
            EndedSize = _objects.SizeOf(old),
            Count = 1,
        });
    }

    private void Count(RecordingOp op, nint address)
    {
        int id = RequireLive(address, op);
        Say(new RecordedEvent
        {
            Kind = op == RecordingOp.Retain ? RecordedKind.Retain : RecordedKind.Release,
            Object = id,
            Address = address,
            Count = _objects.AddReferences(id, op == RecordingOp.Retain ? 1 : -1),
        });
    }

    private void End(RecordedKind kind, int id, bool withoutCaller = false)
    {
        _objects.End(id);
        Say(new RecordedEvent
        {
            Kind = kind,
            Object = id,
            Ended = id,
            Address = _objects.AddressOf(id),
            EndedSize = _objects.SizeOf(id),
            WithoutCaller = withoutCaller,
        });
    }

    private void AbandonAt(nint address)
    {
        int id = _objects.LiveAt(address);
        if (id != RecordedEvent.None)
        {
            End(RecordedKind.Abandon, id);
        }
    }

    private void ReadViolation(nint address)
    {
        ulong misuse = _fields.TakeVarint();
        ulong member = _fields.TakeVarint();
        if (misuse > (ulong)RecordedMisuse.Overrun || member > (ulong)RecordedMember.Realloc)
        {
            throw _fields.Broken($"violation {misuse} of member {member} does not exist");
        }

        Say(new RecordedEvent
        {
            Kind = RecordedKind.Violation,
            Object = _objects.LastAt(address),
            Address = address,
            Misuse = (RecordedMisuse)misuse,
            Member = (RecordedMember)member,
        });
    }

    private void ReadMark()
    {
        ulong mark = _fields.TakeVarint();
        switch ((RecordingMark)Math.Min(mark, byte.MaxValue))
        {
            case RecordingMark.End:
                IsComplete = IsOpenEnded || (ulong)_fields.Event + 1 == _promised
                    ? true
                    : throw _fields.Broken($"the recording ends, and its header says {_promised} events");
                Say(new RecordedEvent { Kind = RecordedKind.End });
                break;
            case RecordingMark.Ending:
                Say(new RecordedEvent { Kind = RecordedKind.Ending });
                break;
            case RecordingMark.Abandoned:
                foreach (int id in _objects.Live().ToList())
                {
                    End(RecordedKind.Abandon, id);
                }

                break;
            case RecordingMark.Disposed:
                Say(new RecordedEvent { Kind = RecordedKind.Disposed });
                break;
            default:
                throw _fields.Broken($"mark {mark} does not exist");
        }
    }

    private void Begin(bool isNamed)
    {
        if (_fields.Event != 0)
        {
            throw _fields.Broken("a second beginning");
        }

        ulong microseconds = _fields.TakeVarint();
        if (microseconds > (ulong)(DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)
        {
            throw _fields.Broken("a date beyond the year 9999");
        }

        StateName = isNamed ? _fields.TakeText() : null;
        Began = DateTimeOffset.UnixEpoch.AddTicks((long)microseconds * TimeSpan.TicksPerMicrosecond);
        Say(new RecordedEvent { Kind = RecordedKind.Begin });
    }

    private void AddSite(bool isNewFile)
    {
        ulong line = _fields.TakeVarint();
        if (line > uint.MaxValue)
        {
            throw _fields.Broken($"line {line}");
        }

        if (isNewFile)
        {
            _files.Add(_fields.TakeText());
            _sites.Add(new RmSite(_files[^1], unchecked((int)(uint)line)));
            return;
        }

        ulong file = _fields.TakeVarint();
        _sites.Add(file < (ulong)_files.Count
            ? new RmSite(_files[(int)file], unchecked((int)(uint)line))
            : throw _fields.Broken($"file {file}, and there are {_files.Count}"));
    }

    private void PassTime()
    {
        ulong microseconds = _fields.TakeVarint();
        _microseconds = microseconds <= MostMicroseconds - _microseconds
            ? _microseconds + microseconds
            : throw _fields.Broken($"{microseconds} microseconds more make over 2^60");
    }

    private int Add(nint address, ulong size, long count) =>
        size == RecordedEvent.UnknownSize || size <= TraceReader.MaxLiveBytes - _objects.LiveBytes
            ? _objects.Add(address, size, count)
            : throw _fields.Broken($"{size} bytes more make over 2^56 live ones");

    private int RequireLive(nint address, RecordingOp op)
    {
        int id = _objects.LiveAt(address);
        return id != RecordedEvent.None ? id : throw _fields.Broken($"{op} of 0x{address:x}, where nothing lives");
    }

    // An event is whole when it is said: one that the file cuts off has then changed nothing that anybody sees.
    private void Say(in RecordedEvent read) => _waiting.Enqueue(read with { Site = SiteOf(read.Kind), Microseconds = (long)_microseconds });

    private int SiteOf(RecordedKind kind) => kind <= RecordedKind.Detach || kind == RecordedKind.Violation ? _site : 0;
}
