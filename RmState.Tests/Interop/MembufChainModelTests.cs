using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Rm.Interop;
using Rm.Membufs;

namespace Rm.Tests.Interop;

/// <summary>
/// Random programs over a handful of chains, against byte arrays: whatever is shared, each chain has the bytes that its array has, and at the
/// end nothing lives.
/// </summary>
public sealed class MembufChainModelTests : MembufChecked
{
    private const int Registers = 3;

    [Fact]
    public void ChainsHaveTheBytesOfTheirModels()
    {
        Gen<(int Kind, int Register, int Amount)[]> programs =
            (from kind in Gen.Choose(0, 11)
             from register in Gen.Choose(0, Registers - 1)
             from amount in Gen.Frequency((6, Gen.Choose(0, 12)), (2, Gen.Choose(13, 200)))
             select (kind, register, amount)).ArrayOf();
        Prop.ForAll(Arb.From(programs, Shrink), Agrees)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(80).WithQuietOnSuccess(true));
    }

    private static IEnumerable<(int, int, int)[]> Shrink((int, int, int)[] program)
    {
        for (int size = program.Length / 2; size >= 1; size /= 2)
        {
            for (int at = 0; at < program.Length; at += size)
            {
                yield return [.. program[..at], .. program[Math.Min(at + size, program.Length)..]];
            }
        }
    }

    private Property Agrees((int Kind, int Register, int Amount)[] program)
    {
        var run = new Run(Heap);
        try
        {
            for (int i = 0; i < program.Length; i++)
            {
                run.Do(program[i].Kind, program[i].Register, program[i].Amount);
                if (run.Difference() is { } difference)
                {
                    return false.Label($"step {i}, {program[i]}: {difference}");
                }
            }
        }
        finally
        {
            run.Dispose();
        }

        long blocks = Heap.GetReport().Blocks;
        return (blocks == 0).Label($"{blocks} blocks live at the end");
    }

    private sealed class Run : IDisposable
    {
        private readonly MembufHeap _heap;
        private readonly MembufChain[] _chains;
        private readonly byte[][] _models = [.. Enumerable.Range(0, Registers).Select(static _ => Array.Empty<byte>())];
        private byte _next;

        public Run(MembufHeap heap)
        {
            _heap = heap;
            _chains = [.. Enumerable.Range(0, Registers).Select(_ => new MembufChain(heap, blockSize: 24, headRoom: 10))];
        }

        public void Do(int kind, int register, int amount)
        {
            MembufChain chain = _chains[register];
            ref byte[] model = ref _models[register];
            int other = (register + 1) % Registers;
            int part = Math.Min(amount, model.Length);
            switch (kind)
            {
                case 0 or 1:
                    byte[] behind = Bytes(amount);
                    chain.Append(behind);
                    model = [.. model, .. behind];
                    break;
                case 2 or 3:
                    byte[] front = Bytes(amount);
                    chain.Prepend(front);
                    model = [.. front, .. model];
                    break;
                case 4:
                    chain.TrimStart(part);
                    model = model[part..];
                    break;
                case 5:
                    chain.TrimEnd(part);
                    model = model[..^part];
                    break;
                case 6:
                    _chains[other].Dispose();
                    _chains[other] = chain.Clone();
                    _models[other] = model;
                    break;
                case 7:
                    _chains[other].Dispose();
                    _chains[other] = chain.Split(part);
                    (model, _models[other]) = (model[..part], model[part..]);
                    break;
                case 8:
                    chain.Append(_chains[other]);
                    (model, _models[other]) = ([.. model, .. _models[other]], []);
                    break;
                case 9:
                    chain.Prepend(_chains[other]);
                    (model, _models[other]) = ([.. _models[other], .. model], []);
                    break;
                case 10:
                    model = [.. model, .. AppendShared(chain, amount)];
                    break;
                default:
                    model = [.. AppendFirstAgain(chain), .. model];
                    break;
            }
        }

        public string? Difference()
        {
            for (int i = 0; i < Registers; i++)
            {
                MembufChain chain = _chains[i];
                ReadOnlySequence<byte> sequence = chain.AsSequence();
                int parts = 0;
                for (MembufSegment? at = chain.First; at is not null; at = at.Following)
                {
                    parts++;
                }

                if (sequence.Length != _models[i].Length || chain.Length != _models[i].Length || chain.Parts != parts)
                {
                    return $"chain {i} has {chain.Length} bytes in {chain.Parts} parts, its sequence {sequence.Length} in {parts}, not {_models[i].Length}";
                }

                if (!sequence.ToArray().AsSpan().SequenceEqual(_models[i]))
                {
                    return $"the bytes of chain {i} differ";
                }

                // From the middle too: it finds its way by the running indexes.
                if (!sequence.Slice(sequence.Length / 2).ToArray().AsSpan().SequenceEqual(_models[i].AsSpan(_models[i].Length / 2)))
                {
                    return $"the bytes in the second half of chain {i} differ";
                }
            }

            return null;
        }

        public void Dispose() => Array.ForEach(_chains, static chain => chain.Dispose());

        private byte[] AppendShared(MembufChain chain, int amount)
        {
            byte[] bytes = Bytes(amount + 4);
            var owner = MembufOwner.Own(_heap.AllocRef((nuint)bytes.Length));
            bytes.CopyTo(owner.GetSpan());
            chain.Append(owner.Membuf, 2, amount);
            owner.Dispose();
            return bytes[2..^2];
        }

        // The same block twice in one chain.
        private static byte[] AppendFirstAgain(MembufChain chain)
        {
            if (chain.First is not { } first)
            {
                return [];
            }

            byte[] bytes = first.Memory.ToArray();
            chain.Prepend(first.Membuf, first.Offset, first.Length);
            return bytes;
        }

        private byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(_ => ++_next)];
    }
}
