using System.Reflection;
using System.Text;

namespace Rm.Tests.PublicApi;

/// <summary>The visible types and members of an assembly as text, in an order that does not depend on the compiler.</summary>
internal static class PublicApiListing
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly) => Of(assembly.GetExportedTypes());

    public static string Of(IEnumerable<Type> types)
    {
        StringBuilder text = new();
        foreach (Type type in types.Where(IsVisible).OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(TypeHeader(type)).Append('\n');
            foreach (string member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string TypeHeader(Type type)
    {
        string name = ApiNames.OfDefinition(type);
        string head = ApiAttributes.Of(type) + Layout(type);
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return $"{head}delegate {ApiNames.Of(invoke.ReturnParameter)} {name}({ApiNames.Of(invoke.GetParameters())}){ApiNames.Constraints(type.GetGenericArguments())}";
        }

        if (type.IsEnum)
        {
            return $"{head}enum {name} : {ApiNames.Of(Enum.GetUnderlyingType(type))}";
        }

        IEnumerable<Type> interfaces = type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []).Where(i => i.IsVisible);
        string[] bases =
        [
            .. type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType) ? [ApiNames.Of(b)] : Array.Empty<string>(),
            .. interfaces.Select(i => ApiNames.Of(i)).Order(StringComparer.Ordinal),
        ];
        return head + Kind(type) + name + (bases.Length == 0 ? "" : " : " + string.Join(", ", bases)) + ApiNames.Constraints(type.GetGenericArguments());
    }

    private static string Kind(Type type) => type switch
    {
        { IsInterface: true } => "interface ",
        { IsValueType: true } => (ApiAttributes.Has(type, "IsReadOnlyAttribute") ? "readonly " : "") + (type.IsByRefLike ? "ref " : "") + "struct ",
        { IsAbstract: true, IsSealed: true } => "static class ",
        { IsAbstract: true } => "abstract class ",
        { IsSealed: true } => "sealed class ",
        _ => "class ",
    };

    private static string Layout(Type type) =>
        type is { IsValueType: true, IsEnum: false, StructLayoutAttribute: { } layout } && (type.IsExplicitLayout || layout.Size > 1)
            ? $"[StructLayout({layout.Value}, Size = {layout.Size}, Pack = {layout.Pack})] "
            : "";

    private static IEnumerable<string> Members(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return [];
        }

        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => $"{ApiAttributes.Of(f)}{f.Name} = {f.GetRawConstantValue()}");
        }

        return
        [
            .. type.GetConstructors(Declared).Where(c => !c.IsStatic && IsVisible(c))
                .Select(c => $"{ApiAttributes.Of(c)}{Access(c)}.ctor({ApiNames.Of(c.GetParameters())})"),
            .. type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly).Select(Field),
            .. type.GetProperties(Declared).Where(p => p.GetAccessors(true).Any(IsVisible)).Select(Property),
            .. type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod!))
                .Select(e => $"{ApiAttributes.Of(e)}{Access(e.AddMethod!)}{Modifiers(e.AddMethod!)}event {ApiNames.Of(e.EventHandlerType!)} {e.Name}"),
            .. type.GetMethods(Declared).Where(m => IsVisible(m) && (!m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal))).Select(Method),
        ];
    }

    private static string Field(FieldInfo field)
    {
        string kind = field switch
        {
            { IsLiteral: true } => "const ",
            { IsStatic: true, IsInitOnly: true } => "static readonly ",
            { IsStatic: true } => "static ",
            { IsInitOnly: true } => "readonly ",
            _ => "",
        };
        string value = field.IsLiteral ? " = " + ApiNames.Literal(field.GetRawConstantValue(), field.FieldType) : "";
        return $"{ApiAttributes.Of(field)}{(field.IsPublic ? "" : "protected ")}{kind}{ApiNames.Of(field)} {field.Name}{value}";
    }

    private static string Property(PropertyInfo property)
    {
        MethodInfo[] accessors = [.. property.GetAccessors(true).Where(IsVisible)];
        string access = accessors.Any(a => a.IsPublic) ? "" : "protected ";
        IEnumerable<string> bodies = accessors.Select(a => (access.Length == 0 ? Access(a) : "") + AccessorName(property, a) + ";");
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length == 0 ? property.Name : $"this[{ApiNames.Of(index)}]";
        string required = ApiAttributes.Has(property, "RequiredMemberAttribute") ? "required " : "";
        return $"{ApiAttributes.Of(property)}{access}{required}{Modifiers(accessors[0])}{ApiNames.Of(property)} {name} {{ {string.Join(' ', bodies)} }}";
    }

    private static string AccessorName(PropertyInfo property, MethodInfo accessor)
    {
        if (accessor == property.GetMethod)
        {
            return "get";
        }

        bool init = accessor.ReturnParameter.GetRequiredCustomModifiers()
            .Any(t => string.Equals(t.Name, "IsExternalInit", StringComparison.Ordinal));
        return init ? "init" : "set";
    }

    private static string Method(MethodInfo method)
    {
        Type[] generics = method.GetGenericArguments();
        string name = method.Name + (generics.Length == 0 ? "" : $"<{string.Join(", ", generics.Select(g => g.Name))}>");
        string readOnly = method.DeclaringType!.IsValueType && ApiAttributes.Has(method, "IsReadOnlyAttribute") ? "readonly " : "";
        string extension = ApiAttributes.Has(method, "ExtensionAttribute") ? "this " : "";
        return $"{ApiAttributes.Of(method)}{Access(method)}{Modifiers(method)}{readOnly}{ApiNames.Of(method.ReturnParameter)} {name}" +
            $"({extension}{ApiNames.Of(method.GetParameters())}){ApiNames.Constraints(generics)}";
    }

    private static bool IsVisible(Type type) => type.IsVisible && !type.Name.StartsWith('<');

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo method)
    {
        bool inInterface = method.DeclaringType!.IsInterface;
        return method switch
        {
            { IsStatic: true, IsAbstract: true } => "static abstract ",
            { IsStatic: true, IsVirtual: true } => "static virtual ",
            { IsStatic: true } => "static ",
            { IsAbstract: true } => inInterface ? "" : "abstract ",
            { IsVirtual: true, IsFinal: false } when method.GetBaseDefinition() != method => "override ",
            { IsVirtual: true, IsFinal: true } when method.GetBaseDefinition() != method => "sealed override ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        };
    }
}
