namespace Rm.Arenas;

/// <summary>Something to do with a slab.</summary>
internal unsafe delegate void SlabAction(Slab* slab);
