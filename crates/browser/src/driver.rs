//! Chromedriver as a child process, and the windows that it opens.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use thirtyfour::{
    Capabilities, ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver,
};

/// What keeps Chromium from calling out, and fit for a container.
const FLAGS: [&str; 7] = [
    "--headless=new",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
];

/// Holds a running chromedriver.
pub struct Driver {
    child: Child,
    url: String,
}

/// Says whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// They run.
    On,
    /// The profile forbids them.
    Off,
}

/// Says what the system's color scheme is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Says how large the window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A wide screen, 1440 by 900.
    Wide,
    /// A phone, 390 by 844.
    Phone,
}

/// One window.
pub struct Browser {
    /// What the tests say to the window beyond the words of `page.rs`.
    pub driver: WebDriver,
    /// Where the bank answers.
    pub origin: String,
}

impl Driver {
    /// Starts chromedriver and reads the port that it took.
    pub fn start() -> Self {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("chromedriver (Debian's package chromium-driver)");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let started = "started successfully on port ";
        let port = lines.map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once(started)?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let url = format!("http://127.0.0.1:{}", port.expect("chromedriver says its port"));
        Self { child, url }
    }

    /// Opens a window with a profile of its own.
    pub async fn open(&self, origin: &str, script: Script) -> Browser {
        let mut chrome = DesiredCapabilities::chrome();
        for flag in FLAGS {
            chrome.add_arg(flag).expect("a flag");
        }
        if is_root() {
            chrome.add_arg("--no-sandbox").expect("a flag");
        }
        if script == Script::Off {
            let blocked = json!({ "profile.managed_default_content_settings.javascript": 2 });
            chrome.add_experimental_option("prefs", blocked).expect("a preference");
        }
        chrome.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a level");
        let driver = WebDriver::new(&self.url, Capabilities::from(chrome)).await.expect("a window");
        let browser = Browser { driver, origin: origin.to_owned() };
        browser.show_as(Theme::Light, View::Wide).await;
        browser
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// Turns to a color scheme and a size.
    pub async fn show_as(&self, theme: Theme, view: View) {
        let (width, height, is_phone) = match view {
            View::Wide => (1440, 900, false),
            View::Phone => (390, 844, true),
        };
        let scheme = if theme == Theme::Dark { "dark" } else { "light" };
        let cdp = self.driver.cdp();
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        cdp.send_raw("Emulation.setDeviceMetricsOverride", size).await.expect("a size");
        let touch = json!({ "enabled": is_phone });
        cdp.send_raw("Emulation.setTouchEmulationEnabled", touch).await.expect("a way to point");
        // Colors change at once: nobody looks at them on their way from one theme to the other.
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        cdp.send_raw("Emulation.setEmulatedMedia", features).await.expect("a scheme");
    }

    /// Closes the window, after holding that nothing went wrong in it.
    pub async fn close(self) {
        assert_eq!(self.complaints().await, Vec::<String>::new(), "what the browser complained of");
        self.driver.quit().await.expect("closed");
    }
}

/// Root's processes belong to uid 0: the file system says so without a system call.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}
