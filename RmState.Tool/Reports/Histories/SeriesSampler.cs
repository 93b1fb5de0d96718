using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Histories;

/// <summary>Thins out a series while it comes, however long it gets: of each stretch the least and the most stay.</summary>
internal sealed class SeriesSampler
{
    private readonly Bucket[] _buckets;
    private long _width = 1;
    private long _inLast;
    private int _count;
    private SeriesPoint _last;

    /// <summary>Begins a series.</summary>
    /// <param name="points">About how many points may stay; at least half as many do, if as many came.</param>
    public SeriesSampler(int points)
    {
        _buckets = new Bucket[Math.Max(1, points / 4) * 2];
    }

    /// <summary>What stays, in the order of time; the last point is among it.</summary>
    public IReadOnlyList<SeriesPoint> Points
    {
        get
        {
            var points = new List<SeriesPoint>((_count * 2) + 2);
            foreach (Bucket bucket in _buckets.AsSpan(0, _count))
            {
                (SeriesPoint first, SeriesPoint second) = bucket.Least.Time <= bucket.Most.Time ? (bucket.Least, bucket.Most) : (bucket.Most, bucket.Least);
                points.Add(first);
                if (second != first)
                {
                    points.Add(second);
                }
            }

            if (_count > 0 && points[^1] != _last)
            {
                points.Add(_last);
            }

            return points;
        }
    }

    /// <summary>Adds a point, not before the one added last.</summary>
    public void Add(double time, long value)
    {
        var point = new SeriesPoint(time, value);
        _last = point;
        if (_inLast > 0 && _inLast < _width)
        {
            _buckets[_count - 1].Add(point);
            _inLast++;
            return;
        }

        if (_count == _buckets.Length)
        {
            Halve();
        }

        _buckets[_count++] = new Bucket { Least = point, Most = point };
        _inLast = 1;
    }

    private void Halve()
    {
        for (int i = 0; i < _count; i += 2)
        {
            Bucket merged = _buckets[i];
            merged.Add(_buckets[i + 1].Least);
            merged.Add(_buckets[i + 1].Most);
            _buckets[i / 2] = merged;
        }

        _count /= 2;
        _width *= 2;
    }

    private struct Bucket
    {
        public SeriesPoint Least;
        public SeriesPoint Most;

        public void Add(SeriesPoint point)
        {
            if (point.Value < Least.Value)
            {
                Least = point;
            }

            if (point.Value > Most.Value)
            {
                Most = point;
            }
        }
    }
}
