using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Pages;

/// <summary>
/// One page that needs nothing else: markup, figures, charts and the code that draws them. The same model gives the same bytes.
/// </summary>
/// <remarks>
/// Text of a recording is untrusted. It gets into the page in two ways, both of which escape it: as text of an <see cref="XElement"/>,
/// and as JSON in which no character that means something to HTML is left as it is. Should that fail one day, the page's
/// content policy still lets no script run but the two that it was made with, and nothing be fetched.
/// </remarks>
internal static class ReportPage
{
    /// <summary>What a report begins with; by it an earlier one is known.</summary>
    public const string Beginning = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"generator\" content=\"rmstate report\">\n";

    /// <summary>Writes the page.</summary>
    public static void Write(ReportModel model, TextWriter page)
    {
        string library = PageAssets.ECharts;
        string code = PageAssets.Code;
        page.Write(Beginning);
        page.Write("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
        page.Write($"script-src {HashOf(library)} {HashOf(code)}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n");
        page.Write("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Write("<meta name=\"color-scheme\" content=\"light dark\">\n");
        page.Write("<link rel=\"icon\" href=\"data:,\">\n");
        Write(page, new XElement("title", Markup.Text($"{model.Name}: heap report")));
        page.Write($"<style>\n{PageAssets.Style}</style>\n</head>\n");
        Write(page, new PageBody(model).Element);
        page.Write("<script type=\"application/json\" id=\"report\">");
        page.Write(JsonSerializer.Serialize(ChartData.Of(model), ChartJson.Default.ChartData));
        page.Write($"</script>\n<script>{library}</script>\n<script>{code}</script>\n</html>\n");
    }

    // Elements of no content are written with an end tag: HTML knows no other way to end them.
    private static void Write(TextWriter page, XElement element)
    {
        foreach (XElement empty in element.DescendantsAndSelf().Where(static e => e.IsEmpty).ToArray())
        {
            empty.Value = "";
        }

        page.Write(element.ToString(SaveOptions.DisableFormatting));
        page.Write('\n');
    }

    private static string HashOf(string script) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'";
}
