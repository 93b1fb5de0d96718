namespace Rm.Tests.Diagnostics;

/// <summary>A stream that can only be written, and that may break.</summary>
internal sealed class OneWayStream : Stream
{
    private readonly MemoryStream _written = new();

    /// <summary>How many writes go well.</summary>
    public int WritesLeft { get; set; } = int.MaxValue;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public byte[] ToArray() => _written.ToArray();

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (WritesLeft-- <= 0)
        {
            WritesLeft = 0;
            throw new IOException("the disk is full");
        }

        _written.Write(buffer, offset, count);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
