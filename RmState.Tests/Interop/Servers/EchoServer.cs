using System.IO.Pipelines;
using System.Net.Sockets;
using Rm.Interop;

namespace Rm.Tests.Interop.Servers;

/// <summary>Sends back what it receives: a pipe between the two halves of each connection, all of its memory from one pool.</summary>
internal sealed class EchoServer(MembufMemoryPool pool) : LoopbackServer
{
    protected override async Task ServeAsync(Socket connection)
    {
        var pipe = new Pipe(new PipeOptions(pool: pool, pauseWriterThreshold: 32 * 1024, resumeWriterThreshold: 16 * 1024));
        Task receiving = ReceiveAsync(connection, pipe.Writer);
        try
        {
            await SendAsync(pipe.Reader, connection);
        }
        finally
        {
            await receiving;
        }
    }

    private static async Task ReceiveAsync(Socket connection, PipeWriter writer)
    {
        Exception? failure = null;
        try
        {
            int received;
            while ((received = await connection.ReceiveAsync(writer.GetMemory(), SocketFlags.None)) > 0)
            {
                writer.Advance(received);
                if ((await writer.FlushAsync()).IsCompleted)
                {
                    break;
                }
            }
        }
        catch (SocketException e)
        {
            // Surfaces from the reader.
            failure = e;
        }

        await writer.CompleteAsync(failure);
    }

    private static async Task SendAsync(PipeReader reader, Socket connection)
    {
        try
        {
            ReadResult result;
            do
            {
                result = await reader.ReadAsync();
                foreach (ReadOnlyMemory<byte> part in result.Buffer)
                {
                    await SendAllAsync(connection, part);
                }

                reader.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static async Task SendAllAsync(Socket connection, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await connection.SendAsync(bytes, SocketFlags.None)..];
        }
    }
}
