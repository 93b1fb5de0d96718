using System.Buffers;
using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Ratios.Owners;

namespace Rm.Tool.Ratios.Contenders;

/// <summary>Rents memory and gives it back at once.</summary>
internal sealed class Renting<TOwners>(int size) : IContender
    where TOwners : struct, IOwners<TOwners>
{
    private readonly TOwners _owners = TOwners.Create();

    public void Run(int operations) => Loop(_owners, size, operations);

    public void Dispose() => _owners.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(TOwners owners, int size, int operations)
    {
        for (int operation = 0; operation < operations; operation++)
        {
            using IMemoryOwner<byte> owner = owners.Rent(size);
        }
    }
}
