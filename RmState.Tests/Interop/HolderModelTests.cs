using System.Buffers;
using Rm.Interop;

namespace Rm.Tests.Interop;

/// <summary>
/// Random programs of handles, memories, weak references and resets over one state, against a model that only adds up who holds
/// what. Addresses are reused at once, so a holder that confuses two blocks is caught at the next check.
/// </summary>
public sealed class HolderModelTests
{
    private const int Steps = 400;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void CountsAreThoseOfTheHolders(int seed)
    {
        using var allocator = new ReusingAllocator();
        for (int program = 0; program < 20; program++)
        {
            using var run = new HolderModel(allocator, new Random((seed * 1000) + program));
            for (int step = 0; step < Steps; step++)
            {
                string done = run.Step();
                Assert.True(run.Agrees(out string difference), $"seed {seed}, program {program}, step {step}, {done}: {difference}");
            }
        }
    }

    private sealed class HolderModel(ReusingAllocator allocator, Random random) : IDisposable
    {
        private readonly RmState _state = new(new RmStateOptions { Allocator = allocator });
        private readonly List<Block> _blocks = [];
        private readonly List<(Block Block, RmBlockHandle Handle)> _handles = [];
        private readonly List<(Block Block, RmMemoryManager<byte> Memory, Stack<MemoryHandle> Pins)> _memories = [];
        private readonly List<(Block Block, RmRef Reference)> _references = [];
        private readonly List<Block> _abandoned = [];

        public string Step()
        {
            // Resets are rare, or nothing would live long.
            int kind = random.Next(100);
            return kind switch
            {
                < 14 => Allocate(),
                < 24 => Retain(),
                < 40 => Release(),
                < 50 => MakeHandle(),
                < 60 => EndHandle(),
                < 68 => MakeMemory(),
                < 76 => Pin(),
                < 84 => Unpin(),
                < 90 => EndMemory(),
                < 95 => MakeReference(),
                < 98 => ReleaseAbandoned(),
                _ => Reset(),
            };
        }

        public bool Agrees(out string difference)
        {
            _state.Verify();
            List<Block> live = [.. _blocks.Where(b => b.Count > 0)];
            string? wrong = live.Where(b => _state.RmCount(b.Address) != b.Count)
                .Select(b => $"0x{b.Address:x} counts {_state.RmCount(b.Address)}, not {b.Count}").FirstOrDefault();
            wrong ??= _references.Where(r => r.Reference.IsAlive != (r.Block.Count > 0))
                .Select(r => $"{r.Reference} is alive: {r.Reference.IsAlive}").FirstOrDefault();
            wrong ??= _state.Statistics.LiveBlocks == live.Count && allocator.Outstanding == live.Count
                ? null
                : $"{_state.Statistics.LiveBlocks} live and {allocator.Outstanding} out, not {live.Count}";
            difference = wrong ?? "";
            return wrong is null;
        }

        public void Dispose() => _state.Dispose();

        private string Allocate()
        {
            _blocks.Add(new Block(_state.RmMalloc((nuint)random.Next(100))) { Count = 1, Mine = 1 });
            return "allocate";
        }

        private string Retain()
        {
            if (Pick(b => b.Count > 0) is { } block)
            {
                block.Mine++;
                block.Count++;
                _state.RmRetain(block.Address);
            }

            return "retain";
        }

        private string Release()
        {
            if (Pick(b => b.Mine > 0) is { } block)
            {
                block.Mine--;
                block.Count--;
                _state.RmRelease(block.Address);
            }

            return "release";
        }

        private string MakeHandle()
        {
            if (Pick(b => b.Mine > 0) is { } block)
            {
                bool own = random.Next(2) == 0;
                block.Mine -= own ? 1 : 0;
                block.Count += own ? 0 : 1;
                _handles.Add((block, own ? RmBlockHandle.Own(_state, block.Address) : RmBlockHandle.Retain(_state, block.Address)));
            }

            return "make a handle";
        }

        private string EndHandle()
        {
            if (_handles.Count == 0)
            {
                return "no handle";
            }

            int index = random.Next(_handles.Count);
            (Block block, RmBlockHandle handle) = _handles[index];
            _handles.RemoveAt(index);
            if (random.Next(3) == 0)
            {
                handle.Abandon();
                _abandoned.Add(block);
                return "abandon a handle";
            }

            handle.Dispose();
            Drop(block);
            return "dispose a handle";
        }

        private string MakeMemory()
        {
            if (Pick(b => b.Count > 0) is { } block)
            {
                block.Count++;
                _memories.Add((block, _state.RmMemory(block.Address, 0), new Stack<MemoryHandle>()));
            }

            return "make a memory";
        }

        private string Pin()
        {
            if (_memories.Count > 0)
            {
                (_, RmMemoryManager<byte> memory, Stack<MemoryHandle> pins) = _memories[random.Next(_memories.Count)];
                if (!memory.IsDisposed)
                {
                    pins.Push(memory.Pin());
                }
            }

            return "pin";
        }

        private string Unpin()
        {
            if (_memories.Count == 0)
            {
                return "no pin";
            }

            int index = random.Next(_memories.Count);
            (Block block, RmMemoryManager<byte> memory, Stack<MemoryHandle> pins) = _memories[index];
            if (pins.TryPop(out MemoryHandle pin))
            {
                pin.Dispose();
                if (memory.IsDisposed && pins.Count == 0)
                {
                    _memories.RemoveAt(index);
                    _abandoned.Add(block);
                }
            }

            return "unpin";
        }

        private string EndMemory()
        {
            if (_memories.Count == 0)
            {
                return "no memory";
            }

            int index = random.Next(_memories.Count);
            (Block block, RmMemoryManager<byte> memory, Stack<MemoryHandle> pins) = _memories[index];
            memory.Dispose();
            if (pins.Count == 0)
            {
                _memories.RemoveAt(index);
                Drop(block);
            }

            return "dispose a memory";
        }

        private string MakeReference()
        {
            if (Pick(b => b.Count > 0) is { } block)
            {
                _references.Add((block, _state.RmReference(block.Address)));
            }

            return "make a reference";
        }

        private string ReleaseAbandoned()
        {
            int expected = _abandoned.Count(b => b.Count > 0);
            _abandoned.ForEach(Drop);
            _abandoned.Clear();
            int released = _state.ReleaseAbandoned();
            Assert.Equal(expected, released);
            return "release abandoned ones";
        }

        private string Reset()
        {
            _state.Reset();
            foreach (Block block in _blocks)
            {
                block.Count = block.Mine = 0;
            }

            return "reset";
        }

        private Block? Pick(Func<Block, bool> condition)
        {
            Block[] fitting = [.. _blocks.Where(condition)];
            return fitting.Length == 0 ? null : fitting[random.Next(fitting.Length)];
        }

        // A block that a reset freed has no count left to drop.
        private static void Drop(Block block) => block.Count = Math.Max(block.Count - 1, 0);
    }

    private sealed class Block(nint address)
    {
        public nint Address { get; } = address;

        public long Count { get; set; }

        /// <summary>How many of the references are the program's own, not a holder's.</summary>
        public long Mine { get; set; }
    }
}
