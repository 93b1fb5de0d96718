using System.Buffers;
using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Owners;

namespace Rm.Tests.Tool.Ratios.Contenders;

public sealed class RentingTests
{
    [Fact]
    public void EachOperationRentsAndGivesBack()
    {
        using var contender = new Renting<RecordedOwners>(size: 4096);

        contender.Run(3);

        Assert.Equal((3, 3, 4096), (RecordedOwners.Rented, RecordedOwners.GivenBack, RecordedOwners.Size));
    }

    [Fact]
    public void ThePeerIsTheRuntimesPool()
    {
        using SharedPoolOwners owners = SharedPoolOwners.Create();

        using IMemoryOwner<byte> owner = owners.Rent(4096);

        Assert.Equal(4096, owner.Memory.Length);
    }

    private readonly struct RecordedOwners : IOwners<RecordedOwners>
    {
        [field: ThreadStatic]
        internal static int Rented { get; private set; }

        [field: ThreadStatic]
        internal static int GivenBack { get; private set; }

        [field: ThreadStatic]
        internal static int Size { get; private set; }

        public static RecordedOwners Create() => default;

        public IMemoryOwner<byte> Rent(int size)
        {
            Rented++;
            Size = size;
            return new Owner();
        }

        public void Dispose()
        {
        }

        private sealed class Owner : IMemoryOwner<byte>
        {
            public Memory<byte> Memory => default;

            public void Dispose() => GivenBack++;
        }
    }
}
