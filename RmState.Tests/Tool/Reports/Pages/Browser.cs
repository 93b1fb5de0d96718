using System.Diagnostics;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;

namespace Rm.Tests.Tool.Reports.Pages;

/// <summary>Debian's chromium without a window, one for all tests of a class. It and its children end with it, whatever happens.</summary>
public sealed class Browser : IDisposable
{
    private const string Missing = "install Debian's chromium: apt-get install chromium chromium-driver";
    private static readonly TimeSpan LongestCommand = TimeSpan.FromMinutes(3);

    private readonly string _profile = Directory.CreateTempSubdirectory("rmstate-browser-").FullName;
    private ChromeDriverService? _service;
    private ChromeDriver? _driver;

    /// <summary>Runs a script in the page and returns what it returns.</summary>
    public T Run<T>(string script, params object[] arguments) => (T)Driver.ExecuteScript(script, arguments)!;

    /// <summary>Opens a page of this machine and waits until its charts are drawn.</summary>
    public void Open(string file, bool dark = false, int width = 1280)
    {
        Driver.Manage().Timeouts().AsynchronousJavaScript = LongestCommand;
        Driver.Navigate().GoToUrl("about:blank");
        _ = Driver.Manage().Logs.GetLog(LogType.Browser);
        Emulate(dark, width);
        Driver.Navigate().GoToUrl(new Uri(file).AbsoluteUri);
        Assert.Equal("yes", Run<string>("return document.documentElement.dataset.drawn ?? 'no'"));
    }

    /// <summary>Lets the open page see another colour scheme.</summary>
    public void Emulate(bool dark, int width = 1280)
    {
        var scheme = new Dictionary<string, object?>(StringComparer.Ordinal) { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" };
        _ = Driver.ExecuteCdpCommand(
            "Emulation.setEmulatedMedia", new Dictionary<string, object?>(StringComparer.Ordinal) { ["features"] = new object[] { scheme } });
        _ = Driver.ExecuteCdpCommand(
            "Emulation.setDeviceMetricsOverride",
            new Dictionary<string, object?>(StringComparer.Ordinal) { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false });
    }

    /// <summary>What the page wrote to its console since it was opened.</summary>
    public IReadOnlyList<string> TakeMessages() => [.. Driver.Manage().Logs.GetLog(LogType.Browser).Select(static m => m.Message)];

    /// <summary>The whole open page as a picture.</summary>
    public byte[] TakePicture()
    {
        var wish = new Dictionary<string, object?>(StringComparer.Ordinal) { ["captureBeyondViewport"] = true, ["format"] = "png" };
        return Convert.FromBase64String((string)((Dictionary<string, object>)Driver.ExecuteCdpCommand("Page.captureScreenshot", wish)!)["data"]);
    }

    public void Dispose()
    {
        Process? root = RunningService();
        try
        {
            _driver?.Dispose();
        }
        catch (WebDriverException)
        {
            // A browser that hangs is killed below.
        }
        finally
        {
            root?.Kill(entireProcessTree: true);
            root?.Dispose();
            _service?.Dispose();
            Directory.Delete(_profile, recursive: true);
        }
    }

    // Started by the first test that needs it: what is missing then fails that test with one line.
    private ChromeDriver Driver => _driver ??= Start();

    private ChromeDriver Start()
    {
        string chromium = Find("chromium");
        string driver = Find("chromedriver");
        var options = new ChromeOptions { BinaryLocation = chromium };
        options.AddArguments(
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", $"--user-data-dir={_profile}");
        options.SetLoggingPreference(LogType.Browser, OpenQA.Selenium.LogLevel.All);
        _service = ChromeDriverService.CreateDefaultService(Path.GetDirectoryName(driver), Path.GetFileName(driver));
        _service.SuppressInitialDiagnosticInformation = true;
        _service.InitializationTimeout = LongestCommand;
        return new ChromeDriver(_service, options, LongestCommand);
    }

    private Process? RunningService()
    {
        try
        {
            return _service is { IsRunning: true } ? Process.GetProcessById(_service.ProcessId) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string Find(string program)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string? found = folders.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);
        Assert.True(found is not null, Missing);
        return found;
    }
}
