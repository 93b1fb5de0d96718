using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Rm.Tests.Tool.Shrinking;

/// <summary>Compiles the text of a test class as a user of the library would, and runs its test.</summary>
internal static class CompiledTest
{
    // The benchmark's peer is the library once more: a program that refers to both would not know which it means.
    private static bool IsForTests(string path) =>
        !string.Equals(Path.GetFileName(path), "RmState.Hookless.dll", StringComparison.Ordinal);

    /// <summary>Runs the only test in the text; what it throws comes through.</summary>
    public static void Run(string text)
    {
        string[] trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        const string usings = "global using global::System;\n";
        var compilation = CSharpCompilation.Create(
            $"Shrunk{Guid.NewGuid():N}",
            [CSharpSyntaxTree.ParseText(usings), CSharpSyntaxTree.ParseText(text)],
            trusted.Where(IsForTests).Select(static path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var image = new MemoryStream();
        Microsoft.CodeAnalysis.Emit.EmitResult result = compilation.Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)) + "\n" + text);
        image.Position = 0;
        var context = new AssemblyLoadContext(name: null, isCollectible: true);
        try
        {
            Type type = Assert.Single(context.LoadFromStream(image).GetExportedTypes());
            MethodInfo method = Assert.Single(type.GetMethods(), m => m.GetCustomAttribute<FactAttribute>() is not null);
            method.CreateDelegate<Action>(Activator.CreateInstance(type))();
        }
        finally
        {
            context.Unload();
        }
    }
}
