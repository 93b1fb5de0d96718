using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Arm = System.Runtime.Intrinsics.Arm;

namespace Rm.Counting;

/// <summary>
/// Spreads addresses over 32 bits. One multiplication by a random odd number alone keeps the regular steps of malloc and
/// swings with the seed; a second, different step breaks them: a cyclic redundancy check, which is one instruction, or where
/// there is none a shift and a multiplication. The secret multiplier comes first, so that colliding addresses cannot be
/// made up beforehand.
/// </summary>
internal static class PointerHash
{
    internal const uint CrcKind = 1;
    internal const uint MixKind = 2;

    internal static uint Kind => Sse42.X64.IsSupported || Arm.Crc32.Arm64.IsSupported ? CrcKind : MixKind;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Of(nint address, ulong seed)
    {
        ulong mixed = unchecked((ulong)address * seed);
        if (Sse42.X64.IsSupported)
        {
            return (uint)Sse42.X64.Crc32(0, mixed);
        }

        return Arm.Crc32.Arm64.IsSupported ? Arm.Crc32.Arm64.ComputeCrc32C(0, mixed) : Mix(mixed);
    }

    internal static uint Mix(ulong mixed)
    {
        unchecked
        {
            mixed ^= mixed >> 32;
            return (uint)((mixed * 0x9E37_79B9_7F4A_7C15) >> 32);
        }
    }
}
