namespace Rm.Fuzz.Programs;

/// <summary>
/// One step. Steps name registers, never addresses they do not invent themselves, so a program keeps its meaning when steps
/// are taken out of it: a step whose register is unset, or would be overwritten while it holds a live block, does nothing.
/// </summary>
internal readonly record struct Op(OpCode Code, int Register = 0, long A = 0, long B = 0)
{
    public override string ToString() => OpText.Format(this);
}
