//! Drives the built binary from outside, as its users do.
//!
//! Everything is bounded in time, nothing outlives its test, and a warning or error in the log that the
//! test did not announce fails it. Must not reach into the server: what is tested here is what ships.

use std::path::PathBuf;
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

mod log;
mod ports;
mod program;
mod signals;

pub use ports::free_addresses;
pub use program::{command, run};

/// From the start until the addresses are printed: migrations on a machine that compiles at the same time.
const START_LIMIT: Duration = Duration::from_mins(1);
/// From SIGTERM to the end: the server's own grace is 5 s.
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// From SIGKILL to the end.
const KILL_LIMIT: Duration = Duration::from_secs(10);
/// For one request of a test; above the server's own limit of 10 s, so that its answer is seen.
const REQUEST_LIMIT: Duration = Duration::from_secs(15);
/// Lines of the configuration that are the same for every test.
const CONFIG_LINES: usize = 5;
/// How often other ports are tried when somebody took the free ones first.
const PORT_TRIES: usize = 5;

/// What a test wants different from the default.
#[derive(Debug, Clone)]
pub struct Setup {
    /// TOML after `listen`, `metrics_listen`, `database` and `public_url`: more keys, then tables. `{base_url}` stands
    /// for the server's own address.
    pub config: String,
    /// What the API key may do.
    pub scopes: Vec<&'static str>,
    /// Parts of the warnings and errors that belong to the test.
    pub expected_warnings: Vec<&'static str>,
    /// What every process of the server is started through, for example `nsenter` and its arguments.
    pub through: Vec<String>,
    /// What the server is told besides `serve`, for example `--only bridge`.
    pub serve: &'static [&'static str],
}

impl Default for Setup {
    fn default() -> Self {
        let scopes = [
            "incidents:read",
            "incidents:write",
            "volunteers:read",
            "volunteers:write",
            "messages:read",
            "vetting:take-over",
        ];
        Self {
            config: String::new(),
            scopes: scopes.to_vec(),
            expected_warnings: Vec::new(),
            through: Vec::new(),
            serve: &[],
        }
    }
}

/// A running server on a database that outlives it.
#[derive(Debug)]
pub struct Certus {
    /// `http://127.0.0.1:PORT`, also the server's `public_url`; the same after a restart.
    pub base_url: String,
    /// Where metrics and health are.
    pub metrics_url: String,
    /// An API key with the scopes of the setup.
    pub key: String,
    client: reqwest::Client,
    expected_warnings: Vec<&'static str>,
    through: Vec<String>,
    serve: &'static [&'static str],
    running: Option<Running>,
    directory: TempDir,
}

/// A process that has printed its addresses. Killed when dropped.
#[derive(Debug)]
struct Running {
    process: Child,
    /// Kept open: the server may print more.
    _printed: Lines<BufReader<ChildStdout>>,
}

/// Why a process printed no addresses.
enum NotStarted {
    /// Somebody took the port between its choice and its use.
    PortTaken,
    /// Anything else.
    Failed(String),
}

impl Certus {
    /// Writes a configuration for `database` (a URL), makes an API key and starts the server.
    ///
    /// # Panics
    /// When any of it fails or takes longer than a minute; the server's log is in the message.
    pub async fn start(database: &str, setup: Setup) -> Self {
        let mut certus = Self {
            base_url: String::new(),
            metrics_url: String::new(),
            key: String::new(),
            client: reqwest::Client::builder().timeout(REQUEST_LIMIT).build().expect("an HTTP client"),
            expected_warnings: setup.expected_warnings,
            through: setup.through,
            serve: setup.serve,
            running: None,
            directory: tempfile::tempdir().expect("a writable temporary directory"),
        };
        for _ in 0..PORT_TRIES {
            certus.configure(database, &setup.config);
            if certus.key.is_empty() {
                certus.key = certus.add_key(&setup.scopes).await;
            }
            match certus.launch().await {
                Ok(running) => {
                    certus.running = Some(running);
                    return certus;
                }
                Err(NotStarted::PortTaken) => certus.forget_log(),
                Err(NotStarted::Failed(why)) => certus.fail(&why),
            }
        }
        certus.fail("no free ports")
    }

    /// Starts the server again at the same addresses, on the same database.
    ///
    /// # Panics
    /// When it still runs or does not start.
    pub async fn restart(&mut self) {
        if let Err(why) = self.try_restart().await {
            self.fail(&why);
        }
    }

    /// As [`Certus::restart`], for a server that may rightly not start.
    ///
    /// # Errors
    /// Why it printed no addresses; what it said is at the end of the log.
    ///
    /// # Panics
    /// When it still runs.
    pub async fn try_restart(&mut self) -> Result<(), String> {
        assert!(self.running.is_none(), "it still runs: stop() or kill_9() first");
        match self.launch().await {
            Ok(running) => self.running = Some(running),
            Err(NotStarted::PortTaken) => return Err("somebody took its port while it was down".to_owned()),
            Err(NotStarted::Failed(why)) => return Err(why),
        }
        Ok(())
    }

    /// What a server that did not start said, its log apart; takes it out of the log.
    ///
    /// # Panics
    /// When the temporary directory is not writable.
    #[must_use]
    pub fn take_refusal(&self) -> String {
        let log = self.log();
        let (said, logged): (Vec<_>, Vec<_>) = log.lines().partition(|line| line.starts_with("certus: "));
        std::fs::write(self.log_path(), logged.join("\n") + "\n").expect("a writable temporary directory");
        said.join("\n")
    }

    /// Ends the server as a power cut does: SIGKILL, nothing is finished.
    ///
    /// # Panics
    /// When it was not running, for example because it had ended by itself.
    pub async fn kill_9(&mut self) {
        let Running { mut process, .. } = self.take_running();
        let ended = process.try_wait().expect("the state of a child");
        assert!(ended.is_none(), "it had ended by itself ({ended:?})\n{}", self.log());
        timeout(KILL_LIMIT, process.kill())
            .await
            .expect("killed within 10 s")
            .expect("a child can be killed");
    }

    /// Asks the server to stop (SIGTERM), waits, and checks its log.
    ///
    /// # Panics
    /// When it takes longer than 20 s, ends with a failure, or logged an unexpected warning or error.
    pub async fn stop(&mut self) -> ExitStatus {
        let Running { mut process, .. } = self.take_running();
        let sent = signals::send(&process, "TERM").await;
        assert!(sent, "it had ended by itself\n{}", self.log());
        let ended = timeout(STOP_LIMIT, process.wait()).await;
        let status = ended.expect("stopped within 20 s of SIGTERM").expect("a child can be waited for");
        assert!(status.success(), "{status}\n{}", self.log());
        self.assert_quiet();
        status
    }

    /// Runs another command of the binary with the same configuration, for example `["export", "volunteers"]`.
    ///
    /// # Panics
    /// When it takes longer than a minute.
    pub async fn run(&self, args: &[&str]) -> Output {
        let config = self.config_path();
        let config = config.to_str().expect("a temporary directory's name is UTF-8");
        run(&self.through, &[&["--config", config], args].concat()).await
    }

    /// A request to the API with the key; `path` begins with a slash.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base_url)).bearer_auth(&self.key)
    }

    /// A request to the API without a key.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base_url))
    }

    /// A GET on the second listener, for example `/health/ready`.
    pub fn operations(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.metrics_url))
    }

    /// Everything the server has logged since the first start, one JSON object a line.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Fails on warnings and errors that the test did not announce, and on anything that is no log line.
    ///
    /// # Panics
    /// With those lines.
    pub fn assert_quiet(&self) {
        let log = self.log();
        let unexpected = log::unexpected(&log, &self.expected_warnings);
        assert!(unexpected.is_empty(), "the server logged what it should not:\n{}", unexpected.join("\n"));
    }

    /// Puts `extra` in the place of what the setup added to the configuration, for the next start.
    ///
    /// # Panics
    /// When the temporary directory is not writable.
    pub fn set(&self, extra: &str) {
        let text = std::fs::read_to_string(self.config_path()).expect("it was written at the start");
        let own: Vec<&str> = text.lines().take(CONFIG_LINES).collect();
        let text = format!("{}\n{extra}\n", own.join("\n"));
        std::fs::write(self.config_path(), text).expect("a writable temporary directory");
    }

    fn configure(&mut self, database: &str, extra: &str) {
        let [api, metrics] = free_addresses();
        self.base_url = format!("http://{api}");
        self.metrics_url = format!("http://{metrics}");
        let text = format!(
            "listen = \"{api}\"\nmetrics_listen = \"{metrics}\"\npublic_url = \"http://{api}\"\n\
             database = {database:?}\nreminders = {{ days = [] }}\n{}\n",
            extra.replace("{base_url}", &self.base_url)
        );
        std::fs::write(self.config_path(), text).expect("a writable temporary directory");
    }

    async fn add_key(&self, scopes: &[&str]) -> String {
        let mut args = vec!["key", "add", "--name", "test"];
        args.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
        let output = self.run(&args).await;
        assert!(output.status.success(), "key add: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    async fn launch(&self) -> Result<Running, NotStarted> {
        let log = std::fs::File::options().create(true).append(true).open(self.log_path());
        let mut process = command(&self.through)
            .arg("--config")
            .arg(self.config_path())
            .arg("serve")
            .args(self.serve)
            .stdout(Stdio::piped())
            .stderr(log.expect("a writable temporary directory"))
            .spawn()
            .expect("the binary can be run");
        let mut printed = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        match timeout(START_LIMIT, self.addresses_in(&mut printed)).await {
            Ok(Ok(())) => Ok(Running { process, _printed: printed }),
            Ok(Err(_)) if self.log().contains("cannot listen on") => Err(NotStarted::PortTaken),
            Ok(Err(why)) => Err(NotStarted::Failed(why)),
            Err(_) => Err(NotStarted::Failed(format!("no addresses printed within {START_LIMIT:?}"))),
        }
    }

    /// Waits for the lines `… on http://ADDRESS` of both listeners.
    async fn addresses_in(&self, printed: &mut Lines<BufReader<ChildStdout>>) -> Result<(), String> {
        for expected in [&self.base_url, &self.metrics_url] {
            let line = printed.next_line().await.map_err(|error| error.to_string())?;
            let line = line.ok_or("it ended without printing its addresses")?;
            if !line.ends_with(&format!(" on {expected}")) {
                return Err(format!("expected '… on {expected}', it printed: {line}"));
            }
        }
        Ok(())
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }

    fn take_running(&mut self) -> Running {
        self.running.take().expect("it runs")
    }

    #[expect(clippy::panic, reason = "the harness fails its test")]
    fn fail(&self, why: &str) -> ! {
        panic!("{why}\n{}", self.log())
    }

    fn forget_log(&self) {
        std::fs::write(self.log_path(), "").expect("a writable temporary directory");
    }

    fn config_path(&self) -> PathBuf {
        self.directory.path().join("certus.toml")
    }

    fn log_path(&self) -> PathBuf {
        self.directory.path().join("log.jsonl")
    }
}

impl Drop for Certus {
    /// Kills what still runs. A test that fails shows the log's end; one that succeeds must have a quiet log.
    fn drop(&mut self) {
        self.running = None;
        if std::thread::panicking() {
            log::show_end(&self.log());
        } else {
            self.assert_quiet();
        }
    }
}
