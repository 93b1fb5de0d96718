namespace Rm.Fuzz.Subjects;

/// <summary>Bugs planted between a program and its state: the harness's own proof, in a build without planted bugs.</summary>
internal enum Sabotage : byte
{
    None,

    /// <summary>A retain of a block whose count is 3 or more is not passed on.</summary>
    ForgetThirdRetain,
}
