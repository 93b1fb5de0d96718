using System.Net;
using System.Net.Sockets;

namespace Rm.Tests.Interop.Servers;

/// <summary>Accepts connections on a loopback port until it is stopped, and serves each until the other side goes away.</summary>
internal abstract class LoopbackServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Task> _connections = [];
    private readonly CancellationTokenSource _stopping = new();
    private Task _accepting = Task.CompletedTask;
    private bool _stopped;
    private int _broken;

    public EndPoint EndPoint => _listener.LocalEndPoint!;

    /// <summary>Connections that ended otherwise than by the other side's closing.</summary>
    public int Broken => _broken;

    public void Start()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _accepting = AcceptAsync();
    }

    public async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(EndPoint);
        return client;
    }

    /// <summary>Waits for every connection to end; the clients must have closed theirs. Does nothing the second time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        await _stopping.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _stopping.Dispose();
    }

    protected abstract Task ServeAsync(Socket connection);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket connection = await _listener.AcceptAsync(_stopping.Token);
                _connections.RemoveAll(static task => task.IsCompletedSuccessfully);
                _connections.Add(Task.Run(() => ServeGuardedAsync(connection)));
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task ServeGuardedAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                await ServeAsync(connection);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                Interlocked.Increment(ref _broken);
            }
        }
    }
}
