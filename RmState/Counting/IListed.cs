namespace Rm.Counting;

/// <summary>A record that can stand in a list of its store.</summary>
internal interface IListed
{
    /// <summary>The index of the next one; 0 ends the list.</summary>
    uint Next { get; set; }
}
