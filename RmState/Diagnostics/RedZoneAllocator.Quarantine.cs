using System.Runtime.InteropServices;
using Rm.Violations;

namespace Rm.Diagnostics;

// How blocks come, wait and go.
public sealed unsafe partial class RedZoneAllocator
{
    private nint Take(nuint size, nuint alignment, bool zeroed)
    {
        nuint innerAlignment = alignment > DefaultAlignment ? alignment : 0;
        nuint front = innerAlignment == 0 ? _zone : (_zone + alignment - 1) & ~(alignment - 1);
        nuint bytes = front + size + _zone;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (bytes < size || bytes < front || front < _zone)
            {
                return 0;
            }

            // Before the block: afterwards it would have to be given back.
            _ = _blocks.EnsureCapacity(_blocks.Count + 1);
            nint inner = innerAlignment != 0 ? _inner.AllocateAligned(bytes, alignment)
                : zeroed ? _inner.AllocateZeroed(bytes)
                : _inner.Allocate(bytes);
            if (inner == 0)
            {
                return 0;
            }

            var block = new RedZoneBlock(inner + (nint)front, size, innerAlignment, front, _zone);
            block.FillZones();
            _blocks.Add(block.Address, block);
            _liveBytes += size;
            _zoneBytes += front + _zone;
            return block.Address;
        }
    }

    private RedZoneBlock FindLive(nint block, string member)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (block == 0)
        {
            throw new ArgumentNullException(nameof(block), $"{member} of null: there is no block.");
        }

        if (!_blocks.TryGetValue(block, out RedZoneBlock known))
        {
            throw new ForeignBlockException(
                $"{member} of 0x{block:x}: no block of this allocator begins there, or it was freed so long ago that it left the quarantine. Pass the address that was allocated, once.",
                block);
        }

        return !known.IsFreed ? known : throw new DoubleFreeException(
            $"{member} of 0x{block:x}: this block ({Overrun.Bytes((long)known.Size)}) is freed already. Two owners free it; find the first.", block);
    }

    private bool CanWait(RedZoneBlock block) => _quarantine.Length > 0 && block.Size <= _quarantineBytes;

    /// <summary>Checks a block and those that it will drive out of the quarantine, so that nothing is left to fail.</summary>
    private void CheckBeforeFree(RedZoneBlock block, string member)
    {
        block.Check(member);
        if (!CanWait(block))
        {
            return;
        }

        int left = _waiting;
        nuint bytes = _waitingBytes;
        for (int at = _oldest; IsCrowded(left, bytes, block); at = Following(at), left--)
        {
            ref RedZoneBlock leaving = ref CollectionsMarshal.GetValueRefOrNullRef(_blocks, _quarantine[at]);
            bytes -= leaving.Size;
            if (leaving.IsReported)
            {
                continue;
            }

            try
            {
                leaving.Check(member);
            }
            catch (OverrunException)
            {
                // Once: it would stand in the way of every other block.
                leaving.IsReported = true;
                throw;
            }
        }
    }

    private void Retire(RedZoneBlock block)
    {
        _liveBytes -= block.Size;
        if (!CanWait(block))
        {
            GiveBack(block);
            return;
        }

        while (IsCrowded(_waiting, _waitingBytes, block))
        {
            RedZoneBlock leaving = _blocks[_quarantine[_oldest]];
            _oldest = Following(_oldest);
            _waiting--;
            _waitingBytes -= leaving.Size;
            GiveBack(leaving);
        }

        block.MakeFreed();
        _blocks[block.Address] = block;
        _quarantine[(int)(((long)_oldest + _waiting) % _quarantine.Length)] = block.Address;
        _waiting++;
        _waitingBytes += block.Size;
    }

    private void GiveBack(RedZoneBlock block)
    {
        _ = _blocks.Remove(block.Address);
        _zoneBytes -= block.Front + block.Back;
        _inner.Free(block.Inner, block.InnerBytes, block.Alignment);
    }

    private bool IsCrowded(int blocks, nuint bytes, RedZoneBlock next) =>
        blocks == _quarantine.Length || _quarantineBytes - bytes < next.Size;

    private int Following(int at) => at + 1 == _quarantine.Length ? 0 : at + 1;
}
