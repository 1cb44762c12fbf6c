//! gammu-smsd with gammu's dummy phone in place of a modem, with either of its back ends, as a process of its own.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a panic is the failure"
)]

use std::path::Path;
use std::process::Stdio;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::databases;

/// The tables as the package ships them.
const TABLES: &str = "/usr/share/doc/gammu-smsd/examples/pgsql.sql";
const FOLDERS: [&str; 4] = ["inbox", "outbox", "sent", "error"];

/// A daemon and its phone; killed when dropped.
#[derive(Debug)]
pub struct Gammu {
    home: TempDir,
    /// Its database, with that back end.
    pub url: Option<String>,
    daemon: Option<Child>,
    received: u32,
}

impl Gammu {
    /// With the `files` back end, not running.
    #[must_use]
    pub fn with_files() -> Self {
        Self::new(None, "service = files\ninboxformat = detail\ntransmitformat = auto\n")
    }

    /// With the `sql` back end and a PostgreSQL database of its own, not running.
    pub async fn with_sql() -> Self {
        let fresh = databases::postgres().await;
        let mut connection = PgConnection::connect(&fresh.url).await.unwrap();
        let tables = std::fs::read_to_string(TABLES).expect("tests/run installs gammu-smsd");
        // Ours has the language that the script creates for servers before 9.0.
        let tables = tables.replace("CREATE LANGUAGE plpgsql;", "");
        connection.execute(AssertSqlSafe(tables)).await.unwrap();
        connection.close().await.unwrap();
        let (user, place) = fresh.url.strip_prefix("postgres://").unwrap().split_once('@').unwrap();
        let (host, database) = place.split_once('/').unwrap();
        let (user, password) = user.split_once(':').unwrap_or((user, "none"));
        let service = format!(
            "service = sql\ndriver = native_pgsql\nhost = {host}\nuser = {user}\npassword = {password}\ndatabase = {database}\n"
        );
        Self::new(Some(fresh.url.clone()), &service)
    }

    fn new(url: Option<String>, service: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        for folder in FOLDERS {
            std::fs::create_dir(home.path().join(folder)).unwrap();
        }
        let phone = home.path().join("phone");
        for folder in ["sms/1", "sms/2", "sms/3", "sms/4", "sms/5", "pbk", "todo", "calendar", "note", "fs"] {
            std::fs::create_dir_all(phone.join(folder)).unwrap();
        }
        let path = |name: &str| home.path().join(name).display().to_string();
        let config = format!(
            "[gammu]\nport = {}\nconnection = none\nmodel = dummy\n[smsd]\n{service}logfile = {}\ndebuglevel = 255\n\
             inboxpath = {}/\noutboxpath = {}/\nsentsmspath = {}/\nerrorsmspath = {}/\n\
             CommTimeout = 1\nReceiveFrequency = 1\nLoopSleep = 1\n",
            path("phone"),
            path("log"),
            path("inbox"),
            path("outbox"),
            path("sent"),
            path("error"),
        );
        std::fs::write(home.path().join("smsdrc"), config).unwrap();
        Self { home, url, daemon: None, received: 0 }
    }

    /// Where its folders are.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Starts the daemon.
    pub fn start(&mut self) {
        let program = Command::new("gammu-smsd")
            .arg("-c")
            .arg(self.home().join("smsdrc"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        self.daemon = Some(program.expect("tests/run installs gammu-smsd"));
    }

    /// Kills the daemon.
    pub async fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().await.unwrap();
        }
    }

    /// The phone receives a text in these parts.
    pub fn receives(&mut self, from: &str, parts: &[&str]) {
        for (number, part) in (1..).zip(parts) {
            self.received += 1;
            let (total, text) = (parts.len(), hex::encode_upper(utf16(part)));
            let header = if total > 1 { format!("050003AB{total:02X}{number:02X}") } else { String::new() };
            let coding = if part.is_ascii() { "Default" } else { "Unicode" };
            let message = format!(
                "[SMSBackup000]\nPDU = Deliver\nDateTime = 20261124T17{:02}{:02}\nState = UnRead\nNumber = \"{from}\"\n\
                 Coding = {coding}_No_Compression\nFolder = 1\nClass = -1\nText00 = {text}\nUDH = {header}\n",
                self.received / 60,
                self.received % 60,
            );
            let (draft, place) = (self.home().join("draft"), format!("phone/sms/1/{}", self.received));
            std::fs::write(&draft, message).unwrap();
            std::fs::rename(draft, self.home().join(place)).unwrap();
        }
    }

    /// What it has written into its log.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.home().join("log")).unwrap()).into_owned()
    }

    /// The names of the files in one of its folders.
    #[must_use]
    pub fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.home().join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The texts that the phone has sent to `to`, the parts of each put together.
    pub async fn sent(&self, to: &str) -> Vec<String> {
        if let Some(url) = &self.url {
            const SQL: &str = r#"SELECT string_agg("TextDecoded", '' ORDER BY "SequencePosition") FROM sentitems
                WHERE "DestinationNumber" = $1 AND "Status" LIKE 'SendingOK%' GROUP BY "ID" ORDER BY "ID""#;
            let mut connection = PgConnection::connect(url).await.unwrap();
            return sqlx::query_scalar(SQL).bind(to).fetch_all(&mut connection).await.unwrap();
        }
        let names = self.files("sent").into_iter().filter(|name| name.contains(to));
        names.map(|name| text_of(&self.home().join("sent").join(name))).collect()
    }
}

/// UTF-16 behind its mark, the low octet first.
fn text_of(file: &Path) -> String {
    let octets = std::fs::read(file).unwrap();
    let units: Vec<u16> = octets.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    String::from_utf16(&units[1..]).unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}
