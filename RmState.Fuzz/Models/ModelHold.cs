namespace Rm.Fuzz.Models;

/// <summary>What the model knows of one holder.</summary>
internal sealed class ModelHold(RmHold hold, ModelBlock block, RmSite site)
{
    public RmHold Hold { get; } = hold;

    public ModelBlock Block { get; } = block;

    public RmSite Site { get; } = site;

    /// <summary>It was disposed, or its state was emptied: disposing it again does nothing.</summary>
    public bool Ended { get; set; }
}
