using System.Threading.Channels;
using Rm.Membufs;

namespace Rm.Tests.Interop;

/// <summary>A channel hands references over by value; what it drops or keeps is given back once, by what channels have for that themselves.</summary>
public sealed class MembufChannelTests : MembufChecked
{
    [Fact]
    public async Task ReferencesGoThroughAChannel()
    {
        const int messages = 5000;
        var channel = Channel.CreateBounded<MembufRef>(64);
        Task<long> consuming = Task.Run(async () =>
        {
            long sum = 0;
            await foreach (MembufRef membuf in channel.Reader.ReadAllAsync())
            {
                sum += (long)membuf.Size;
                membuf.Deref();
            }

            return sum;
        });
        for (int i = 0; i < messages; i++)
        {
            await channel.Writer.WriteAsync(Heap.AllocRef((nuint)(i % 500)));
        }

        channel.Writer.Complete();
        Assert.Equal(Enumerable.Range(0, messages).Sum(static i => (long)(i % 500)), await consuming);
    }

    [Theory]
    [InlineData(BoundedChannelFullMode.DropOldest)]
    [InlineData(BoundedChannelFullMode.DropNewest)]
    [InlineData(BoundedChannelFullMode.DropWrite)]
    public void WhatIsDroppedIsGivenBackOnce(BoundedChannelFullMode mode)
    {
        MembufRef[] membufs = [.. Enumerable.Range(0, 10).Select(_ => Heap.AllocRef(64))];
        var channel = Channel.CreateBounded<MembufRef>(new BoundedChannelOptions(4) { FullMode = mode }, static dropped => dropped.Deref());
        Assert.All(membufs, membuf => Assert.True(channel.Writer.TryWrite(membuf)));
        Assert.Equal(4, membufs.Count(static membuf => membuf.IsAlive));

        // What is left in a completed channel is still read.
        channel.Writer.Complete();
        Assert.False(channel.Writer.TryWrite(membufs[0]));
        while (channel.Reader.TryRead(out MembufRef left))
        {
            Assert.Equal(0, left.Deref());
        }

        Assert.DoesNotContain(membufs, static membuf => membuf.IsAlive);
    }

    [Fact]
    public async Task DropsOnSeveralThreadsGiveEachReferenceBackOnce()
    {
        var channel = Channel.CreateBounded<MembufRef>(
            new BoundedChannelOptions(2) { FullMode = BoundedChannelFullMode.DropOldest }, static dropped => dropped.Deref());
        MembufRef shared = Heap.AllocRef(64);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                shared.Ref();
                Assert.True(channel.Writer.TryWrite(shared));
                if (i % 3 == 0 && channel.Reader.TryRead(out MembufRef read))
                {
                    read.Deref();
                }
            }
        })));
        Assert.InRange(shared.RefCount, 1, 3);
        while (channel.Reader.TryRead(out MembufRef left))
        {
            left.Deref();
        }

        Assert.Equal(0, shared.Deref());
    }
}
