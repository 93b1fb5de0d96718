using System.Buffers.Binary;
using System.Net.Sockets;
using Rm.Interop;

namespace Rm.Tests.Interop.Servers;

/// <summary>Servers that use membufs from the first byte received to the last one sent; afterwards nothing lives.</summary>
public sealed class ServerTests : MembufChecked
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task EchoClientsGetTheirBytesBack()
    {
        const int clients = 20;
        using var pool = new MembufMemoryPool(Heap);
        await using (var server = new EchoServer(pool))
        {
            server.Start();
            await Task.WhenAll(Enumerable.Range(1, clients).Select(seed => EchoAsync(server, seed, 100_000))).WaitAsync(Patience);
            await server.DisposeAsync();
            Assert.Equal(0, server.Broken);
        }

        Assert.Equal(0, pool.Rented);
        Assert.Equal(0, Heap.GetReport().Blocks);
    }

    [Fact]
    public async Task ThousandsOfBrokenConnectionsLeaveNothing()
    {
        const int connections = 3000;
        const int atOnce = 30;
        using var pool = new MembufMemoryPool(Heap);
        await using (var server = new EchoServer(pool))
        {
            server.Start();
            Task honest = EchoAsync(server, 1, 200_000);
            await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async worker =>
            {
                for (int i = worker; i < connections; i += atOnce)
                {
                    await BreakAsync(server, i);
                }
            })).WaitAsync(Patience);
            await honest.WaitAsync(Patience);
            await server.DisposeAsync().AsTask().WaitAsync(Patience);
            Assert.InRange(server.Broken, 1, connections);
        }

        Assert.Equal(0, pool.Rented);
        Assert.Equal(0, Heap.GetReport().Blocks);
    }

    [Fact]
    public async Task EveryMessageReachesEverySubscriberOnce()
    {
        const int subscribers = 5;
        const int messages = 200;
        await using var server = new FanOutServer(Heap, messages * subscribers);
        server.Start();
        Socket[] clients = await Task.WhenAll(Enumerable.Range(0, subscribers).Select(_ => server.ConnectAsync()));
        await WaitForAsync(() => server.Subscribers == subscribers);

        Task<long>[] receiving = [.. clients.Select(client => ReceiveAsync(client, messages * subscribers))];
        Task<long>[] publishing = [.. clients.Select((client, number) => PublishAsync(client, number, messages))];
        long sent = (await Task.WhenAll(publishing).WaitAsync(Patience)).Sum();
        Assert.All(await Task.WhenAll(receiving).WaitAsync(Patience), received => Assert.Equal(sent, received));
        Array.ForEach(clients, static client => client.Dispose());

        await server.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Equal(0, server.Dropped);
        Assert.Equal(0, Heap.GetReport().Blocks);
    }

    [Fact]
    public async Task SlowAndBrokenSubscribersCostOnlyTheirMessages()
    {
        const int messages = 300;
        await using var server = new FanOutServer(Heap, queue: 4);
        server.Start();
        using Socket publisher = await server.ConnectAsync();
        Socket[] others = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => server.ConnectAsync()));
        await WaitForAsync(() => server.Subscribers == others.Length + 1);

        // Nobody reads: the sockets' buffers fill, then the queues, then messages are dropped. Half of them go away in the middle.
        Task<long> publishing = PublishAsync(publisher, 0, messages, 64 * 1024);
        await WaitForAsync(() => server.Dropped > 0 || publishing.IsCompleted);
        foreach (Socket broken in others.Where((_, i) => i % 2 == 0))
        {
            Reset(broken);
        }

        await publishing.WaitAsync(Patience);
        Array.ForEach(others, Reset);
        Reset(publisher);
        await server.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.NotEqual(0, server.Dropped);
        Assert.Equal(0, Heap.GetReport().Blocks);
    }

    private static async Task EchoAsync(EchoServer server, int seed, int count)
    {
        using Socket client = await server.ConnectAsync();
        using var stream = new NetworkStream(client);
        byte[] sent = new byte[count];
        new Random(seed).NextBytes(sent);
        Task sending = SendAsync();
        byte[] received = new byte[count];
        await stream.ReadExactlyAsync(received);
        await sending;
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        Assert.Equal(sent, received);

        async Task SendAsync()
        {
            await stream.WriteAsync(sent);
            client.Shutdown(SocketShutdown.Send);
        }
    }

    private static async Task BreakAsync(EchoServer server, int number)
    {
        Socket client = await server.ConnectAsync();

        // From nothing at all to more than one buffer, and sometimes some of the echo is taken.
        byte[] bytes = new byte[number % 7 * 1500];
        await client.SendAsync(bytes, SocketFlags.None);
        if (bytes.Length > 0 && number % 3 == 0)
        {
            await client.ReceiveAsync(new byte[1], SocketFlags.None);
        }

        Reset(client);
    }

    private static void Reset(Socket client)
    {
        if (client.SafeHandle.IsClosed)
        {
            return;
        }

        client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Dispose();
    }

    private static async Task<long> PublishAsync(Socket client, int number, int messages, int longest = 3000)
    {
        var random = new Random(number);
        long sum = 0;
        for (int i = 0; i < messages; i++)
        {
            byte[] message = new byte[sizeof(int) + random.Next(longest)];
            random.NextBytes(message);
            BinaryPrimitives.WriteInt32LittleEndian(message, message.Length - sizeof(int));
            sum += Sum(message);
            for (int at = 0; at < message.Length;)
            {
                at += await client.SendAsync(message.AsMemory(at), SocketFlags.None);
            }
        }

        return sum;
    }

    private static async Task<long> ReceiveAsync(Socket client, int messages)
    {
        using var stream = new NetworkStream(client);
        byte[] header = new byte[sizeof(int)];
        long sum = 0;
        for (int i = 0; i < messages; i++)
        {
            await stream.ReadExactlyAsync(header);
            byte[] body = new byte[BinaryPrimitives.ReadInt32LittleEndian(header)];
            await stream.ReadExactlyAsync(body);
            sum += Sum([.. header, .. body]);
        }

        return sum;
    }

    // Whatever the order in which messages of several publishers arrive.
    private static long Sum(byte[] message)
    {
        var hash = new HashCode();
        hash.AddBytes(message);
        return hash.ToHashCode();
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(1, patience.Token);
        }
    }
}
