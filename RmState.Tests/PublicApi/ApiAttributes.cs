using System.Reflection;

namespace Rm.Tests.PublicApi;

/// <summary>The attributes which callers and their compilers act on.</summary>
internal static class ApiAttributes
{
    private static readonly HashSet<string> Listed = new(StringComparer.Ordinal)
    {
        "AllowNullAttribute", "AttributeUsageAttribute", "CallerArgumentExpressionAttribute", "CallerFilePathAttribute",
        "CallerLineNumberAttribute", "CallerMemberNameAttribute", "DisallowNullAttribute", "DoesNotReturnAttribute",
        "DoesNotReturnIfAttribute", "EditorBrowsableAttribute", "ExperimentalAttribute", "FieldOffsetAttribute", "FlagsAttribute",
        "InlineArrayAttribute", "MaybeNullAttribute", "MaybeNullWhenAttribute", "MemberNotNullAttribute", "MemberNotNullWhenAttribute",
        "NotNullAttribute", "NotNullIfNotNullAttribute", "NotNullWhenAttribute", "ObsoleteAttribute", "OverloadResolutionPriorityAttribute",
        "RequiresDynamicCodeAttribute", "RequiresUnreferencedCodeAttribute", "SupportedOSPlatformAttribute", "UnmanagedCallersOnlyAttribute",
        "UnscopedRefAttribute", "UnsupportedOSPlatformAttribute",
    };

    public static string Of(MemberInfo member) => Of(member.GetCustomAttributesData());

    public static string Of(ParameterInfo parameter) => Of(parameter.GetCustomAttributesData());

    public static bool Has(MemberInfo member, string name) => Has(member.GetCustomAttributesData(), name);

    public static bool Has(ParameterInfo parameter, string name) => Has(parameter.GetCustomAttributesData(), name);

    private static bool Has(IEnumerable<CustomAttributeData> attributes, string name) =>
        attributes.Any(a => string.Equals(a.AttributeType.Name, name, StringComparison.Ordinal));

    // The compiler puts an Obsolete of its own on every ref struct and on types with required members.
    private static string Of(IEnumerable<CustomAttributeData> attributes) => string.Concat(attributes
        .Where(a => Listed.Contains(a.AttributeType.Name))
        .Select(Text)
        .Where(t => !t.Contains("not supported in this version of your compiler", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal));

    private static string Text(CustomAttributeData attribute)
    {
        string name = attribute.AttributeType.Name[..^"Attribute".Length];
        IEnumerable<string> arguments =
        [
            .. attribute.ConstructorArguments.Select(Text),
            .. attribute.NamedArguments.Select(a => $"{a.MemberName} = {Text(a.TypedValue)}").Order(StringComparer.Ordinal),
        ];
        string list = string.Join(", ", arguments);
        return list.Length == 0 ? $"[{name}] " : $"[{name}({list})] ";
    }

    private static string Text(CustomAttributeTypedArgument argument) => argument.Value switch
    {
        IEnumerable<CustomAttributeTypedArgument> items => $"[{string.Join(", ", items.Select(Text))}]",
        Type type => $"typeof({ApiNames.Of(type)})",
        var value => ApiNames.Literal(value, argument.ArgumentType),
    };
}
