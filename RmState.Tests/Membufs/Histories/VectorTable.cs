using System.Numerics;

namespace Rm.Tests.Membufs.Histories;

/// <summary>Gives equal vectors the same number: parts of states are compared and kept by it. All are of one width.</summary>
internal sealed class VectorTable(int width)
{
    private const int FirstSlots = 1024;

    private ulong[] _words = new ulong[width * FirstSlots / 2];
    private int[] _slots = new int[FirstSlots];

    internal int Count { get; private set; }

    /// <summary>What has the number. It stays valid when vectors are added.</summary>
    internal Span<ulong> this[int number] => _words.AsSpan(number * width, width);

    internal int NumberOf(ReadOnlySpan<ulong> vector)
    {
        int mask = _slots.Length - 1;
        int slot = Hash(vector) & mask;
        for (; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            if (this[_slots[slot] - 1].SequenceEqual(vector))
            {
                return _slots[slot] - 1;
            }
        }

        if ((Count + 1) * 2 > _slots.Length)
        {
            Grow();
            return NumberOf(vector);
        }

        vector.CopyTo(_words.AsSpan(Count * width, width));
        _slots[slot] = ++Count;
        return Count - 1;
    }

    private static int Hash(ReadOnlySpan<ulong> vector)
    {
        ulong hash = 0;
        ulong odd = 1;
        for (int i = 1; i < vector.Length; i += 2)
        {
            // Two chains, so that one multiplication need not wait for the other.
            hash = BitOperations.RotateLeft((hash ^ vector[i - 1]) * 0x9E37_79B9_7F4A_7C15, 29);
            odd = BitOperations.RotateLeft((odd ^ vector[i]) * 0x9FB2_1C65_1E98_DF25, 31);
        }

        hash ^= vector.Length % 2 != 0 ? vector[^1] * 0xC2B2_AE3D_27D4_EB4F : 0;
        hash = (hash ^ BitOperations.RotateLeft(odd, 17)) * 0xD6E8_FEB8_6659_FD93;
        return (int)(hash >> 33);
    }

    private void Grow()
    {
        Array.Resize(ref _words, _words.Length * 2);
        _slots = new int[_slots.Length * 2];
        int mask = _slots.Length - 1;
        for (int number = 0; number < Count; number++)
        {
            int slot = Hash(this[number]) & mask;
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            _slots[slot] = number + 1;
        }
    }
}
