namespace Rm.Sites;

/// <summary>What one place did to one block.</summary>
internal readonly record struct SitePlace(uint Site, long Retains, long Releases);
