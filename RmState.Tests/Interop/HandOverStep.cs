namespace Rm.Tests.Interop;

/// <summary>One step of a random program over states that hand blocks over.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="State">By which state.</param>
/// <param name="Number">With which block, counted over those that it may be done with; or how much.</param>
/// <param name="Other">To which state.</param>
internal sealed record HandOverStep(HandOverStepKind Kind, int State, int Number, int Other)
{
    public override string ToString() => Kind switch
    {
        HandOverStepKind.Transfer => $"{State}: {Kind} {Number} to {Other}",
        HandOverStepKind.Receive or HandOverStepKind.Reset or HandOverStepKind.Dispose or HandOverStepKind.Attach => $"{State}: {Kind}",
        _ => $"{State}: {Kind} {Number}",
    };
}
