using System.Text;

namespace Rm.Tests.Membufs.Histories;

/// <summary>Tells the steps of a history in words: thread, operation, access and values.</summary>
internal sealed class Narration(Places places)
{
    private readonly StringBuilder _text = new();
    private Access _access;
    private int _lines;

    public override string ToString() => _text.ToString();

    /// <summary>A store of a thread leaves its buffer.</summary>
    internal void Seen(int thread, nint address, ulong value) =>
        NewLine(thread, "").Append("    others see ").Append(places.NameOf(address)).Append(" = ").Append(places.Show(value));

    internal void Acts(int thread, Operation operation, Access access)
    {
        _access = access;
        string place = access.Size == 0 ? "" : places.NameOf(access.Address);
        string operand = places.Show(access.Operand);
        NewLine(thread, operation.Name).Append(access.Kind switch
        {
            AccessKind.Load => $"load {place}",
            AccessKind.Store => $"store {place} = {operand} (buffered)",
            AccessKind.Add => $"add {operand} to {place}",
            AccessKind.TrySwap => $"swap {place} from {places.Show(access.Expected)} to {operand}",
            AccessKind.Exchange => $"exchange {place} for {operand}",
            AccessKind.Fence => "fence",
            AccessKind.Enter => $"enter {place}",
            AccessKind.Await => $"await {place}",
            AccessKind.Join => "all others have ended",
            _ => "touches nothing",
        });
    }

    internal void Learns(ulong outcome) => _text.Append(_access.Kind switch
    {
        AccessKind.Load or AccessKind.Add or AccessKind.Exchange or AccessKind.Await => $" -> {places.Show(outcome)}",
        AccessKind.TrySwap => outcome != 0 ? " -> done" : " -> not so",
        _ => "",
    });

    internal void Happens(Happening happening)
    {
        if (happening.Kind != HappeningKind.Begun)
        {
            _text.Append("; ").Append(happening);
        }
    }

    internal void Ends(string complaint) => _text.Append("\n  => ").Append(complaint).Append('\n');

    private StringBuilder NewLine(int thread, string operation) => _text.Append($"\n  {++_lines,3}. T{thread} {operation,-22} ");
}
