//! Kannel as a process beside the server: bearerbox, smsbox, and its toy operator `fakesmsc` with the phones behind it.
//!
//! It runs on the configuration that `docs/operations.md` shows, with other ports, so that the page stays true.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a panic is the failure"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use certus_registry::Clock as _;
use certus_registry::time::SystemClock;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::binary::free_addresses;
use crate::load::pause;

const BEARERBOX: &str = "/usr/sbin/bearerbox";
const SMSBOX: &str = "/usr/sbin/smsbox";
const FAKESMSC: &str = "/usr/lib/kannel/test/fakesmsc";
/// What to do about it.
pub const MISSING: &str = "Kannel is not installed: tests/run installs it (Debian: kannel, kannel-extras)";
/// The page whose example is run.
const OPERATIONS: &str = include_str!("../../docs/operations.md");
/// The example's ports: administration, boxes, the toy operator, messages.
const PORTS: [&str; 4] = ["13000", "13001", "10000", "13013"];
/// From the start of a process until it answers.
const START_LIMIT: Duration = Duration::from_secs(20);
const LOOK_EVERY_MS: u64 = 50;

/// Kannel and its phones; killed when dropped.
#[derive(Debug)]
pub struct Kannel {
    directory: TempDir,
    ports: [String; 4],
    boxes: Vec<Child>,
    phones: Option<Child>,
    phone_logs: usize,
}

/// A text message that reached a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Whom it said it was from.
    pub from: String,
    /// The phone.
    pub to: String,
    /// The text.
    pub text: String,
}

impl Kannel {
    /// Whether this machine has it; if not, [`MISSING`] says what to do.
    #[must_use]
    pub fn is_installed() -> bool {
        [BEARERBOX, SMSBOX, FAKESMSC].iter().all(|program| Path::new(program).is_file())
    }

    /// With ports of its own, not running.
    #[must_use]
    pub fn new() -> Self {
        assert!(Self::is_installed(), "{MISSING}");
        let ports = free_addresses().map(|address: String| address.rsplit_once(':').unwrap().1.to_owned());
        let directory = tempfile::tempdir().unwrap();
        Self { directory, ports, boxes: Vec::new(), phones: None, phone_logs: 0 }
    }

    /// The `[gateway]` section of the page, for this Kannel and a server at `{base_url}`.
    pub fn gateway(&self) -> String {
        self.with_ports(&shown_after("`certus.toml`:")).replace("http://127.0.0.1:8112", "{base_url}")
    }

    /// Starts it, with phones that listen; replies and reports go to the server at `base_url`.
    pub async fn start(&mut self, base_url: &str) {
        let config = self.config().replace("http://127.0.0.1:8112", base_url);
        self.start_boxes(&config, &[]).await;
        self.listen().await;
    }

    /// Starts it with another operator than the toy, a `group = smsc`, and without its chatter: a log line for every step
    /// of every message would be most of its work.
    pub async fn start_to(&mut self, operator: &str) {
        let config = self.config();
        let (before, after) = config.split_once("group = smsc\n").unwrap();
        let (_, after) = after.split_once("\n\n").unwrap();
        self.start_boxes(&format!("{before}{operator}\n{after}"), &["-v", "3"]).await;
        self.until_status("(online").await;
    }

    /// Where it takes messages.
    pub fn sendsms(&self) -> String {
        format!("http://127.0.0.1:{}/cgi-bin/sendsms", self.ports[3])
    }

    fn config(&self) -> String {
        let config = self.with_ports(&shown_after("`kannel.conf` (an empty line ends a group):"));
        config.replace("/var/spool/kannel", self.directory.path().to_str().unwrap())
    }

    async fn start_boxes(&mut self, config: &str, options: &[&str]) {
        std::fs::write(self.file("kannel.conf"), config).unwrap();
        let arguments: Vec<String> =
            options.iter().chain(&["kannel.conf"]).map(ToString::to_string).collect();
        for (program, ready) in [(BEARERBOX, "Status: running"), (SMSBOX, "smsbox:")] {
            let name = Path::new(program).file_name().unwrap().to_str().unwrap();
            let started = self.spawn(program, &arguments, &format!("{name}.log"));
            self.boxes.push(started);
            self.until_status(ready).await;
        }
    }

    /// Ends it at once; its phones fall silent.
    pub async fn kill_9(&mut self) {
        for mut process in self.phones.take().into_iter().chain(self.boxes.drain(..)) {
            process.kill().await.unwrap();
        }
    }

    /// Phones that say nothing.
    pub async fn listen(&mut self) {
        self.phones(&["-m", "0", "0 0 text nothing"]).await;
    }

    /// The operator is away: Kannel keeps what it is given.
    pub async fn hang_up(&mut self) {
        if let Some(mut phones) = self.phones.take() {
            phones.kill().await.unwrap();
            self.until_status("connecting,").await;
        }
    }

    /// A phone writes; the others go on listening. A text that GSM 03.38 cannot write goes as UCS-2.
    pub async fn say(&mut self, from: &str, text: &str, gsm: bool) {
        let message = if gsm {
            format!("{from} 71700 text {text}")
        } else {
            let units = text.encode_utf16().flat_map(u16::to_be_bytes);
            let coded = units.fold(String::new(), |mut coded, byte| {
                write!(coded, "%{byte:02X}").unwrap();
                coded
            });
            format!("{from} 71700 ucs2 {coded}")
        };
        self.phones(&["-m", "1", "-i", "0.1", &message]).await;
    }

    /// Every message that reached a phone, in order.
    pub fn received(&self) -> Vec<Received> {
        let logs = (1..=self.phone_logs).map(|number| self.file(&format!("phones-{number}.log")));
        let logs = logs.map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
        logs.flat_map(|log| log.lines().filter_map(received).collect::<Vec<_>>()).collect()
    }

    /// One operator line at a time: whoever spoke before hangs up.
    async fn phones(&mut self, arguments: &[&str]) {
        self.hang_up().await;
        self.phone_logs += 1;
        let mut all = vec!["-H".to_owned(), "127.0.0.1".to_owned(), "-r".to_owned(), self.ports[2].clone()];
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self.phones = Some(self.spawn(FAKESMSC, &all, &format!("phones-{}.log", self.phone_logs)));
        self.until_status("(online").await;
    }

    fn spawn(&self, program: &str, arguments: &[String], log: &str) -> Child {
        let log = std::fs::File::create(self.file(log)).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.directory.path()).kill_on_drop(true).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
    }

    /// Waits until Kannel says so of itself.
    async fn until_status(&self, expected: &str) {
        let url = format!("http://127.0.0.1:{}/status.txt?password=status-secret", self.ports[0]);
        let end = SystemClock.now() + START_LIMIT;
        let mut said = String::new();
        while !said.contains(expected) {
            assert!(SystemClock.now() < end, "Kannel never said {expected:?}:\n{said}\n{}", self.log());
            pause(LOOK_EVERY_MS).await;
            if let Ok(answer) = reqwest::get(&url).await {
                said = answer.text().await.unwrap_or_default();
            }
        }
    }

    fn log(&self) -> String {
        let log = std::fs::read(self.file("bearerbox.log")).unwrap_or_default();
        let lines = String::from_utf8_lossy(&log).into_owned();
        lines.lines().filter(|line| !line.contains("DEBUG")).collect::<Vec<_>>().join("\n")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// In two steps, for one of ours may be one of the page's.
    fn with_ports(&self, text: &str) -> String {
        let (mut marked, mut filled) = (text.to_owned(), String::new());
        for (number, port) in PORTS.iter().enumerate() {
            marked = marked.replace(port, &format!("\0{number}"));
        }
        let mut parts = marked.split('\0');
        filled.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (number, rest) = part.split_at(1);
            filled.push_str(&self.ports[number.parse::<usize>().unwrap()]);
            filled.push_str(rest);
        }
        filled
    }
}

impl Default for Kannel {
    fn default() -> Self {
        Self::new()
    }
}

/// The indented lines of the page after the line that says this.
fn shown_after(line: &str) -> String {
    let (_, after) = OPERATIONS.split_once(line).expect("docs/operations.md shows Kannel's configuration");
    let lines = after.lines().skip(1).take_while(|line| line.is_empty() || line.starts_with("    "));
    lines.map(str::trim_start).collect::<Vec<_>>().join("\n").trim_start().to_owned() + "\n"
}

/// `… Got message 1: <71700 +46701740605 text Larm>`, or `ucs-2` and the bytes as in a URL.
fn received(line: &str) -> Option<Received> {
    let (_, message) = line.split_once("Got message ")?.1.split_once('<')?;
    let mut words = message.strip_suffix('>')?.splitn(4, ' ');
    let (from, to, kind) = (words.next()?.to_owned(), words.next()?.to_owned(), words.next()?);
    let text = words.next().unwrap_or_default();
    let text = if kind == "ucs-2" { from_ucs_2(text) } else { text.to_owned() };
    Some(Received { from, to, text })
}

fn from_ucs_2(coded: &str) -> String {
    let mut rest = coded.as_bytes();
    let mut bytes = Vec::new();
    while let [first, after @ ..] = rest {
        let hex = (*first == b'%').then(|| std::str::from_utf8(&after[..2]).unwrap());
        bytes.push(
            hex.map_or(if *first == b'+' { b' ' } else { *first }, |hex| {
                u8::from_str_radix(hex, 16).unwrap()
            }),
        );
        rest = if hex.is_some() { &after[2..] } else { after };
    }
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_phone_got_is_read_from_the_toys_log() {
        let line = "2026-11-24 02:05:48 [7274] [0] INFO: Got message 1: <71700 +46701740605 ucs-2 %00L%D8%3D%DE%91%00+%00%E5>";
        let expected = Received { from: "71700".into(), to: "+46701740605".into(), text: "L🚑 å".into() };
        assert_eq!(received(line), Some(expected));
        assert_eq!(received("Got message 12: <71700 +46 text Larm <1> åäö>").unwrap().text, "Larm <1> åäö");
        assert_eq!(received("fakesmsc: sent message 1"), None);
    }

    #[test]
    fn the_page_shows_both_files() {
        assert!(shown_after("`certus.toml`:").starts_with("[gateway.template]\n"));
        let kannel = shown_after("`kannel.conf` (an empty line ends a group):");
        assert!(
            kannel.starts_with("group = core\n") && kannel.contains("\n\ngroup = sms-service\n"),
            "{kannel}"
        );
    }
}
