using System.Globalization;
using System.Reflection;

namespace Rm.Tests.PublicApi;

/// <summary>Types, parameters and constants in C# notation.</summary>
internal static class ApiNames
{
    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(char)] = "char",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    public static string Of(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(p => Parameter(p)));

    /// <summary>A return type, with its <c>ref</c>.</summary>
    public static string Of(ParameterInfo returned)
    {
        string head = ApiAttributes.Of(returned);
        string by = !returned.ParameterType.IsByRef ? "" : ApiAttributes.Has(returned, "IsReadOnlyAttribute") ? "ref readonly " : "ref ";
        return head + by + Of(returned.GetModifiedParameterType(), Info(() => Nullability.Create(returned)));
    }

    // A constant's field has no modified type.
    public static string Of(FieldInfo field) => Of(field.IsLiteral ? field.FieldType : field.GetModifiedFieldType(), Info(() => Nullability.Create(field)));

    public static string Of(PropertyInfo property)
    {
        string by = !property.PropertyType.IsByRef ? "" : ApiAttributes.Has(property, "IsReadOnlyAttribute") ? "ref readonly " : "ref ";
        return by + Of(property.GetModifiedPropertyType(), Info(() => Nullability.Create(property)));
    }

    public static string Of(Type type, NullabilityInfo? info = null)
    {
        string mark = info is { ReadState: NullabilityState.Nullable } && !type.UnderlyingSystemType.IsValueType ? "?" : "";
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, info);
        }

        if (type.IsPointer)
        {
            return Of(type.GetElementType()!) + "*";
        }

        if (type.IsFunctionPointer)
        {
            return FunctionPointer(type);
        }

        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!, info?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{mark}";
        }

        Type plain = type.UnderlyingSystemType;
        if (Nullable.GetUnderlyingType(plain) is { } value)
        {
            return Of(value) + "?";
        }

        if (Keywords.TryGetValue(plain, out string? keyword))
        {
            return keyword + mark;
        }

        if (plain.IsGenericParameter)
        {
            return plain.Name + mark;
        }

        return Named(plain, [.. plain.GetGenericArguments().Select((a, i) => Of(a, info?.GenericTypeArguments.ElementAtOrDefault(i)))]) + mark;
    }

    /// <summary>The name under which a type is declared, with the variance of its parameters.</summary>
    public static string OfDefinition(Type type) => Named(type, [.. type.GetGenericArguments().Select(a => Variance(a) + a.Name)]);

    public static string Constraints(Type[] generics) => string.Concat(generics.Select(Constraint));

    public static string Literal(object? value, Type type)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (value is null)
        {
            return plain.IsValueType && plain == type && !type.IsPointer ? "default" : "null";
        }

        if (plain.IsEnum)
        {
            object member = Enum.ToObject(plain, value);
            return Enum.IsDefined(plain, member) ? $"{Of(plain)}.{member}" : $"({Of(plain)}){Convert.ToString(value, CultureInfo.InvariantCulture)}";
        }

        return value switch
        {
            string text => $"\"{text}\"",
            char c => $"'{c}'",
            bool b => b ? "true" : "false",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
    }

    private static string Parameter(ParameterInfo parameter)
    {
        string by = "";
        if (parameter.ParameterType.IsByRef)
        {
            by = parameter switch
            {
                { IsOut: true } => "out ",
                { IsIn: true } when ApiAttributes.Has(parameter, "RequiresLocationAttribute") => "ref readonly ",
                { IsIn: true } => "in ",
                _ => "ref ",
            };
        }

        string scoped = ApiAttributes.Has(parameter, "ScopedRefAttribute") ? "scoped " : "";
        string many = ApiAttributes.Has(parameter, "ParamArrayAttribute") || ApiAttributes.Has(parameter, "ParamCollectionAttribute") ? "params " : "";
        string value = parameter.HasDefaultValue ? " = " + Literal(parameter.RawDefaultValue, parameter.ParameterType) : "";
        string type = Of(parameter.GetModifiedParameterType(), Info(() => Nullability.Create(parameter)));
        return $"{ApiAttributes.Of(parameter)}{scoped}{many}{by}{type} {parameter.Name}{value}";
    }

    // A nested type's generic arguments begin with those of the types round it.
    private static string Named(Type type, string[] arguments)
    {
        int own = type.IsNested ? type.DeclaringType!.GetGenericArguments().Length : 0;
        string outer = type.IsNested ? Named(type.DeclaringType!, arguments[..own]) : type.Namespace ?? "";
        string name = type.Name.Split('`')[0];
        string list = arguments.Length > own ? $"<{string.Join(", ", arguments[own..])}>" : "";
        return (outer.Length == 0 ? "" : outer + ".") + name + list;
    }

    private static string FunctionPointer(Type type)
    {
        string convention = !type.IsUnmanagedFunctionPointer ? "" : " unmanaged" + Conventions(type.GetFunctionPointerCallingConventions());
        IEnumerable<string> signature = [.. type.GetFunctionPointerParameterTypes().Select(t => Of(t)), Of(type.GetFunctionPointerReturnType())];
        return $"delegate*{convention}<{string.Join(", ", signature)}>";
    }

    private static string Conventions(Type[] conventions) => conventions.Length == 0
        ? ""
        : $"[{string.Join(", ", conventions.Select(c => c.Name.Replace("CallConv", "", StringComparison.Ordinal)))}]";

    private static string Variance(Type parameter) => (parameter.GenericParameterAttributes & GenericParameterAttributes.VarianceMask) switch
    {
        GenericParameterAttributes.Covariant => "out ",
        GenericParameterAttributes.Contravariant => "in ",
        _ => "",
    };

    private static string Constraint(Type parameter)
    {
        GenericParameterAttributes flags = parameter.GenericParameterAttributes;
        bool value = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        List<string> parts = [];
        if (value)
        {
            parts.Add(ApiAttributes.Has(parameter, "IsUnmanagedAttribute") ? "unmanaged" : "struct");
        }
        else if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            parts.Add("class");
        }

        parts.AddRange(parameter.GetGenericParameterConstraints().Where(c => c != typeof(ValueType)).Select(c => Of(c)).Order(StringComparer.Ordinal));
        if (!value && flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint))
        {
            parts.Add("new()");
        }

        if (flags.HasFlag(GenericParameterAttributes.AllowByRefLike))
        {
            parts.Add("allows ref struct");
        }

        return parts.Count == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", parts)}";
    }

    // The context refuses pointers; those have no nullability to report.
    private static NullabilityInfo? Info(Func<NullabilityInfo> create)
    {
        try
        {
            return create();
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
