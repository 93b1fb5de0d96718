using Rm.Counting;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>Tables that were left go back to the system a bounded slice at a time.</summary>
public sealed class RetireTests : LeakChecked
{
    [Fact]
    public void AreasGoBackInSlicesOfAtMostAMegabyte()
    {
        CountingTableMemory memory = NewTableMemory();
        var retire = new Retire(memory);
        nuint[] sizes = [3 << 20, 1000, 5 << 20];
        Assert.All(sizes, size => retire.Add(memory.Take(size), size));
        nuint returned = 0;
        int slices = 0;
        while (!retire.IsEmpty)
        {
            nuint slice = retire.Slice();
            Assert.InRange(slice, 1u, 1u << 20);
            returned += slice;
            slices++;
        }

        Assert.Equal((nuint)sizes.Sum(s => (long)s), returned);
        Assert.True(slices >= 9, $"{slices} slices");
        Assert.Equal(0, memory.Outstanding);
        Assert.Equal(0u, retire.Slice());
    }

    [Fact]
    public void AllGivesEverythingBackAtOnce()
    {
        CountingTableMemory memory = NewTableMemory();
        var retire = new Retire(memory);
        while (retire.HasRoom)
        {
            retire.Add(memory.Take(2 << 20), 2 << 20);
        }

        retire.All();

        Assert.True(retire.IsEmpty);
        Assert.Equal(0, memory.Outstanding);
    }

    [Fact]
    public void NothingIsNoArea()
    {
        var retire = new Retire(NewTableMemory());
        retire.Add(0, 100);
        Assert.True(retire.IsEmpty);
    }
}
