using Rm.Fuzz.Campaigns;
#if RM_MUTATIONS
using Rm.Arenas;
using Rm.Counting;
using Rm.Membufs;
#endif

namespace Rm.Fuzz.Commands;

/// <summary>Runs the campaigns on one thread with one planted bug, or with none, and prints what became of it.</summary>
internal static class MutantCommand
{
#if RM_MUTATIONS
    public static IReadOnlyList<(int Id, string Name)> All => [.. Mutation.All, .. ArenaMutation.All, .. MembufMutation.All];
#else
    public static IReadOnlyList<(int Id, string Name)> All => [];
#endif

    public static int Run(int id, double seconds, ulong seed)
    {
        Plant(id);
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(seconds));
        CampaignWorker worker = new(CampaignsFor(id), seed, 0, 1, stop);
        worker.Run();

        // Work done, not time passed: on a machine that is busy otherwise both differ much.
        Console.WriteLine(MutantVerdict.Of(worker.Failure, worker.Operations, Environment.CpuUsage.TotalTime).ToLine());
        return worker.Failure is null ? 0 : 1;
    }

    // A round takes seconds: those that look where the bug is come first. Nothing but its own campaigns comes near membufs.
    private static Campaign[] CampaignsFor(int id) =>
        IsOfMembufs(id) ? [.. MembufCatalog.All]
        : IsOfArena(id) ? [.. HeapCatalog.All, .. CampaignCatalog.All.Except(HeapCatalog.All)]
        : IsOfSites(id) ? [.. SiteCatalog.All, .. CampaignCatalog.All.Except(SiteCatalog.All)]
        : [.. CampaignCatalog.All];

#if RM_MUTATIONS
    private static bool IsOfMembufs(int id) => id >= MembufMutation.MailLost;

    private static bool IsOfArena(int id) => id is >= ArenaMutation.DoubleFreeAccepted and < MembufMutation.MailLost;

    private static bool IsOfSites(int id) => id >= Mutation.PlaceMistaken;

    private static void Plant(int id)
    {
        Mutation.Active = IsOfArena(id) || IsOfMembufs(id) ? 0 : id;
        ArenaMutation.Active = IsOfArena(id) ? id : 0;
        MembufMutation.Active = IsOfMembufs(id) ? id : 0;
    }
#else
    private static bool IsOfMembufs(int id) => id < 0;

    private static bool IsOfArena(int id) => id < 0;

    private static bool IsOfSites(int id) => id < 0;

    private static void Plant(int id)
    {
        if (id != 0)
        {
            throw new NotSupportedException("this build has no planted bugs; build with -p:RmMutations=true");
        }
    }
#endif
}
