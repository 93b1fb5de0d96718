using System.CommandLine;
using Rm.Diagnostics;
using Rm.Tool.Guarding;

namespace Rm.Tool.Commands;

/// <summary>A program that misuses a guarded block and dies of it, for tests of what its map file shows afterwards.</summary>
internal static unsafe class FaultCommand
{
    public const string Name = "fault-one";

    /// <summary>Bytes of the block that is misused.</summary>
    public const int BlockBytes = 48;

    private const string File = "/src/Decoder.cs";

    public static Command Create()
    {
        var kind = new Argument<FaultKind>("kind");
        var map = new Argument<string>("map");
        var command = new Command(Name, "Misuse a guarded block in this process; tests start it.") { kind, map };
        command.Hidden = true;
        command.SetAction(parsed => Run(parsed.GetRequiredValue(kind), parsed.GetRequiredValue(map), parsed.InvocationConfiguration.Output));
        return command;
    }

    private static int Run(FaultKind kind, string map, TextWriter output)
    {
        using var allocator = new GuardedAllocator(new GuardedAllocatorOptions { MapFile = map, GuardBefore = kind == FaultKind.Underrun });
        using var state = new RmState(new RmStateOptions { Allocator = allocator });
        nint before = state.RmMalloc(1000);
        nint block = state.RmMalloc(BlockBytes, File, 88);
        nint behind = state.RmMalloc(2000);
        nint kept = block;
        byte* touched = (byte*)block + kind switch
        {
            FaultKind.None => BlockBytes - 1,
            FaultKind.Overrun => BlockBytes,
            FaultKind.Underrun => -1,
            _ => 5,
        };
        if (kind == FaultKind.ReadAfterFree)
        {
            state.RmRelease(block, File, 99);
            kept = 0;
        }
        else if (kind == FaultKind.WriteAfterMove)
        {
            kept = state.RmRealloc(block, 2 * BlockBytes);
        }

        // What was said before the fault is all that is ever said.
        output.WriteLine($"0x{block:x} 0x{(nint)touched:x}");
        output.Flush();
        if (kind == FaultKind.ReadAfterFree)
        {
            output.WriteLine($"it held {Volatile.Read(ref *touched)}");
        }
        else
        {
            Volatile.Write(ref *touched, 0x41);
        }

        output.WriteLine("done");
        Array.ForEach([before, behind, kept], b => state.RmRelease(b));
        return ExitCode.Success;
    }
}
