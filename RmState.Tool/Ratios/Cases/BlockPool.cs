using System.Runtime.InteropServices;

namespace Rm.Tool.Ratios.Cases;

/// <summary>Addresses of 64-byte blocks in random order, the same in every run but for where malloc begins.</summary>
internal sealed unsafe class BlockPool : IDisposable
{
    /// <summary>Bytes of a block.</summary>
    internal const int BlockSize = 64;

    private const int RandomSeed = 64;

    /// <summary>Where glibc puts the first of many 64-byte blocks, and how far apart: the header takes 16 bytes.</summary>
    private const long ImaginedStart = 0x5555_5555_02a0;
    private const long ImaginedStride = BlockSize + 16;

    private readonly bool _owned;

    private BlockPool(nint[] addresses, bool owned)
    {
        Addresses = addresses;
        _owned = owned;
        new Random(RandomSeed).Shuffle(addresses);
    }

    /// <summary>The addresses, shuffled.</summary>
    internal nint[] Addresses { get; }

    /// <summary>Takes blocks from malloc.</summary>
    internal static BlockPool Allocate(int count)
    {
        nint[] addresses = new nint[count];
        foreach (ref nint address in addresses.AsSpan())
        {
            address = (nint)NativeMemory.Alloc(BlockSize);
        }

        return new BlockPool(addresses, owned: true);
    }

    /// <summary>Addresses as malloc would give them to a program that does nothing else, with no memory behind them.</summary>
    internal static BlockPool Imagine(int count)
    {
        nint[] addresses = new nint[count];
        for (int index = 0; index < count; index++)
        {
            addresses[index] = (nint)(ImaginedStart + (index * ImaginedStride));
        }

        return new BlockPool(addresses, owned: false);
    }

    public void Dispose()
    {
        if (_owned)
        {
            foreach (nint address in Addresses)
            {
                NativeMemory.Free((void*)address);
            }
        }
    }
}
