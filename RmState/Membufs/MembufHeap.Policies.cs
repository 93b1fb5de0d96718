using Rm.Arenas;

namespace Rm.Membufs;

// What is done at the end of blocks, by number.
public sealed unsafe partial class MembufHeap
{
    private readonly Dictionary<nint, ushort> _functions = [];
    private volatile MembufPolicy?[] _policies = new MembufPolicy?[8];
    private int _policyCount = 1;

    // The function asked for last, and its number behind it, in one word: read without the lock.
    private long _lastFunction;

    private ushort NumberOf(MembufPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return ReferenceEquals(policy.Heap, this)
            ? policy.Number
            : throw new ArgumentException($"The policy '{policy.Name ?? "unnamed"}' is registered with another heap. Register it with {NameForMessages}.", nameof(policy));
    }

    private ushort NumberOf(delegate* unmanaged<nint, void> function)
    {
        if (function == null)
        {
            return 0;
        }

        long last = Volatile.Read(ref _lastFunction);
        if ((nint)(last >> 16 & 0xFFFF_FFFF_FFFF) == (nint)function)
        {
            return (ushort)last;
        }

        lock (_lock)
        {
            ThrowIfDisposed();
            if (!_functions.TryGetValue((nint)function, out ushort number))
            {
                number = Add(next => new MembufPolicy(this, next, name: null, function)).Number;
                _functions.Add((nint)function, number);
            }

            Volatile.Write(ref _lastFunction, ((long)(nint)function << 16) | number);
            return number;
        }
    }

    // Blocks name a policy by number, and their ends read the table without the lock: it is replaced whole, and nothing leaves it.
    private MembufPolicy Add(Func<ushort, MembufPolicy> make)
    {
        if (_policyCount > ushort.MaxValue)
        {
            throw NoMemory.For($"another policy: a membuf heap has at most {ushort.MaxValue}; register one for each kind of block, not for each block");
        }

        MembufPolicy policy = make((ushort)_policyCount);
        MembufPolicy?[] policies = _policies;
        if (_policyCount == policies.Length)
        {
            Array.Resize(ref policies, 2 * policies.Length);
        }

        policies[_policyCount++] = policy;
        _policies = policies;
        return policy;
    }
}
