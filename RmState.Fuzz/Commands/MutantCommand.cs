using Rm.Fuzz.Campaigns;
#if RM_MUTATIONS
using Rm.Arenas;
using Rm.Counting;
#endif

namespace Rm.Fuzz.Commands;

/// <summary>Runs the campaigns on one thread with one planted bug, or with none, and prints what became of it.</summary>
internal static class MutantCommand
{
#if RM_MUTATIONS
    public static IReadOnlyList<(int Id, string Name)> All => [.. Mutation.All, .. ArenaMutation.All];
#else
    public static IReadOnlyList<(int Id, string Name)> All => [];
#endif

    public static int Run(int id, double seconds, ulong seed)
    {
        Plant(id);
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(seconds));
        CampaignWorker worker = new([.. CampaignCatalog.All], seed, 0, 1, stop);
        worker.Run();
        Console.WriteLine(MutantVerdict.Of(worker.Failure, worker.Operations, worker.Elapsed).ToLine());
        return worker.Failure is null ? 0 : 1;
    }

#if RM_MUTATIONS
    private static void Plant(int id)
    {
        bool ofArena = id >= ArenaMutation.DoubleFreeAccepted;
        Mutation.Active = ofArena ? 0 : id;
        ArenaMutation.Active = ofArena ? id : 0;
    }
#else
    private static void Plant(int id)
    {
        if (id != 0)
        {
            throw new NotSupportedException("this build has no planted bugs; build with -p:RmMutations=true");
        }
    }
#endif
}
