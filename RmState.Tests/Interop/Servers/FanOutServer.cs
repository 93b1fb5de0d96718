using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using Rm.Interop;
using Rm.Membufs;

namespace Rm.Tests.Interop.Servers;

/// <summary>
/// Sends every message it receives to every connection: the message is received into one membuf, which is referenced once for each
/// subscriber and released after each send. A message is four bytes of length and that many bytes.
/// </summary>
internal sealed class FanOutServer(MembufHeap heap, int queue) : LoopbackServer
{
    private const int LongestMessage = 1 << 20;

    private readonly ConcurrentDictionary<Channel<MembufRef>, bool> _subscribers = [];
    private int _dropped;

    /// <summary>Messages that a subscriber was too slow for.</summary>
    public int Dropped => _dropped;

    public int Subscribers => _subscribers.Count;

    protected override async Task ServeAsync(Socket connection)
    {
        var messages = Channel.CreateBounded<MembufRef>(
            new BoundedChannelOptions(queue) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            dropped =>
            {
                Interlocked.Increment(ref _dropped);
                dropped.Deref();
            });
        _subscribers.TryAdd(messages, value: true);
        Task sending = SendAsync(messages.Reader, connection);
        try
        {
            using var stream = new NetworkStream(connection);
            await ReceiveAsync(stream);
        }
        finally
        {
            // A publisher that has the channel in hand still finds it completed.
            _subscribers.TryRemove(messages, out _);
            messages.Writer.Complete();
            await sending;
        }
    }

    private static async Task SendAsync(ChannelReader<MembufRef> messages, Socket connection)
    {
        bool open = true;
        await foreach (MembufRef message in messages.ReadAllAsync())
        {
            using var owner = MembufOwner.Own(message);
            try
            {
                open = open && await connection.SendAsync(owner.Memory, SocketFlags.None) == owner.Length;
            }
            catch (SocketException)
            {
                // What is left in the channel is given back all the same.
                open = false;
            }
        }
    }

    private async Task ReceiveAsync(NetworkStream stream)
    {
        byte[] header = new byte[sizeof(int)];
        while (await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false) == header.Length)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(header);
            if (length is < 0 or > LongestMessage)
            {
                throw new IOException("There is no such message.");
            }

            using var message = MembufOwner.Own(heap.AllocRef((nuint)(header.Length + length)));
            header.CopyTo(message.Memory);
            await stream.ReadExactlyAsync(message.Memory[header.Length..]);
            Publish(message.Membuf);
        }
    }

    private void Publish(MembufRef message)
    {
        foreach (Channel<MembufRef> subscriber in _subscribers.Keys)
        {
            message.Ref();
            if (!subscriber.Writer.TryWrite(message))
            {
                message.Deref();
            }
        }
    }
}
