namespace Rm.Tests.Interop;

/// <summary>What a step of a random program over states that hand blocks over does.</summary>
public enum HandOverStepKind
{
    Allocate,
    Attach,
    Retain,
    Release,
    Transfer,
    GiveBack,
    GiveBackGone,
    Receive,
    Reset,
    Dispose,
}
