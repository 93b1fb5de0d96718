using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Rm.Tests.Tool.Traces;
using Rm.Tool.Reports;
using Rm.Tool.Reports.Models;
using Rm.Tool.Reports.Pages;

namespace Rm.Tests.Tool.Reports.Pages;

/// <summary>What is in a page, without looking at it.</summary>
public sealed partial class ReportPageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SameModelGivesTheSameBytes()
    {
        string trace = Path.Combine(_folder, "t.rmt");
        File.WriteAllBytes(trace, RandomTrace.Make(seed: 4, events: 20_000));

        Assert.Equal(PageOf(ReportSources.Open(trace).Read()), PageOf(ReportSources.Open(trace).Read()));
    }

    [Fact]
    public void ScriptsAreThoseThatThePolicyLets()
    {
        string page = PageOf(Models.Small());
        string policy = PolicyPattern().Match(page).Groups["policy"].Value;

        string[] scripts = [.. ScriptPattern().Matches(page).Select(static m => m.Groups["code"].Value)];

        Assert.Equal(2, scripts.Length);
        Assert.All(scripts, s => Assert.Contains($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(s)))}'", policy, StringComparison.Ordinal));
        Assert.StartsWith("default-src 'none'; script-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
    }

    [Fact]
    public void LibraryIsUnmodifiedAndItsLicencesAreThere()
    {
        string page = PageOf(Models.Small());

        // dist/echarts.min.js of the npm package echarts 6.1.0.
        Assert.Equal(
            "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0",
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(PageAssets.ECharts))));
        Assert.Contains("Apache License", page, StringComparison.Ordinal);
        Assert.Contains("Copyright (c) 2017, Baidu Inc.", page, StringComparison.Ordinal);
        Assert.Contains("Copyright 2010-2016 Mike Bostock", page, StringComparison.Ordinal);
        Assert.Contains("Copyright 2017-2026 The Apache Software Foundation", page, StringComparison.Ordinal);
    }

    [Fact]
    public void NameEndsNoScriptAndNoElement()
    {
        string page = PageOf(Models.Small() with { Name = Models.Hostile });

        Assert.DoesNotContain("<img src=x", page, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(3, Regex.Count(page, "</script>", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(10)));
        Assert.Contains("&lt;/script&gt;&lt;img", page, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatASourceDoesNotKnowIsLeftOut()
    {
        string page = PageOf(Models.Small() with { Live = null, Sizes = null, Lifetimes = null, Threads = null, Map = null });

        Assert.All((string[])["over-time", "sizes", "lifetimes", "threads", "map"], id => Assert.DoesNotContain($"id=\"{id}\"", page, StringComparison.Ordinal));
        Assert.All((string[])["holders", "leaks"], id => Assert.Contains($"id=\"{id}\"", page, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\u0000b\u001bc", "a\uFFFDb\uFFFDc")]
    [InlineData("\uFFFFé😀", "\uFFFDé😀")]
    public void TextIsWhatMarkupCanHold(string text, string held) => Assert.Equal(held, Markup.Text(text));

    [Fact]
    public void LoneSurrogateIsReplaced() => Assert.Equal("a\uFFFDb", Markup.Text($"a{(char)0xD800}b"));

    internal static string PageOf(ReportModel model)
    {
        using var page = new StringWriter();
        ReportPage.Write(model, page);
        return $"{page}";
    }

    [GeneratedRegex("Content-Security-Policy\" content=\"(?<policy>[^\"]*)\"", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex PolicyPattern();

    [GeneratedRegex("<script>(?<code>.*?)</script>", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 10_000)]
    private static partial Regex ScriptPattern();
}
