using Rm.Tool.Maps;

namespace Rm.Tool.Reports.Models;

/// <summary>The allocations of one group of sizes.</summary>
internal readonly record struct SizeRow(SizeGroup Group, long Count, UInt128 Bytes);
