//! gammu-smsd's folders (`gammu-smsd-files(7)`), with `inboxformat = detail` and `transmitformat = auto`.
//!
//! A file is written beside and renamed: the daemon sees all of it or nothing.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::fs;

use super::received::Piece;
use super::spool::{Spool, SpoolError, Tried};
use super::tag::{PREFIX, Tag};
use crate::{MessageId, Outgoing, Urgency};

/// The folders of one daemon.
pub(super) struct FileSpool {
    home: PathBuf,
    /// Received files and their lengths at the last look: one that still grows is left alone.
    seen: Mutex<BTreeMap<String, u64>>,
}

impl FileSpool {
    pub(super) fn new(home: PathBuf) -> Self {
        Self { home, seen: Mutex::default() }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// The names in a folder, sorted.
    async fn names(&self, folder: &str) -> Result<Vec<String>, SpoolError> {
        let path = self.folder(folder);
        let mut entries = fs::read_dir(&path).await.map_err(|error| unreachable(&path, &error))?;
        let mut names = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(|error| unreachable(&path, &error))? {
            names.extend(entry.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    /// Ours in a folder, by name.
    async fn ours(&self, folder: &str) -> Result<Vec<(Tag, String)>, SpoolError> {
        let names = self.names(folder).await?;
        Ok(names.into_iter().filter_map(|name| Some((tag_in(&name)?, name))).collect())
    }

    async fn write(&self, tag: Tag, message: &Outgoing) -> Result<(), SpoolError> {
        let (outbox, name) = (self.folder("outbox"), name_of(tag, message));
        let draft = outbox.join(format!("draft-{name}"));
        let mut octets = vec![0xff, 0xfe]; // UTF-16, the low octet first; gammu takes seven bits where they do
        octets.extend(message.body.encode_utf16().flat_map(u16::to_le_bytes));
        fs::write(&draft, octets).await.map_err(|error| unreachable(&outbox, &error))?;
        fs::rename(&draft, outbox.join(&name)).await.map_err(|error| unreachable(&outbox, &error))
    }

    /// Which have not changed since the last look, and what they hold.
    async fn settled(&self) -> Result<Vec<(String, String)>, SpoolError> {
        let inbox = self.folder("inbox");
        let mut lengths = BTreeMap::new();
        for name in self.names("inbox").await?.into_iter().filter(|name| name.starts_with("IN")) {
            // One that has gone meanwhile was taken by another node.
            if let Ok(told) = fs::metadata(inbox.join(&name)).await {
                lengths.insert(name, told.len());
            }
        }
        let before = std::mem::replace(
            &mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner),
            lengths.clone(),
        );
        let mut settled = Vec::new();
        for (name, _) in lengths.into_iter().filter(|(name, length)| before.get(name) == Some(length)) {
            let octets = fs::read(inbox.join(&name)).await.map_err(|error| unreachable(&inbox, &error))?;
            settled.push((name, String::from_utf8_lossy(&octets).into_owned()));
        }
        Ok(settled)
    }
}

impl Spool for FileSpool {
    fn put<'a>(&'a self, tag: Tag, message: &'a Outgoing) -> BoxFuture<'a, Result<(), SpoolError>> {
        async move { if self.has(message.id).await? { Ok(()) } else { self.write(tag, message).await } }
            .boxed()
    }

    fn has(&self, message: MessageId) -> BoxFuture<'_, Result<bool, SpoolError>> {
        async move {
            // In the order in which gammu moves it.
            for folder in ["outbox", "sent", "error"] {
                if self.ours(folder).await?.iter().any(|(tag, _)| tag.message == message) {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        .boxed()
    }

    fn waiting(&self) -> BoxFuture<'_, Result<Vec<Tag>, SpoolError>> {
        async move { Ok(self.ours("outbox").await?.into_iter().map(|(tag, _)| tag).collect()) }.boxed()
    }

    fn tried(&self) -> BoxFuture<'_, Result<Vec<Tried>, SpoolError>> {
        async move {
            let mut tried = Vec::new();
            for (folder, word) in [("sent", "SendingOK"), ("error", "SendingError")] {
                let ours = self.ours(folder).await?;
                tried.extend(
                    ours.into_iter().map(|(tag, _)| Tried { tag, told: vec![word.to_owned(); tag.parts] }),
                );
            }
            Ok(tried)
        }
        .boxed()
    }

    fn remove(&self, tag: Tag) -> BoxFuture<'_, Result<(), SpoolError>> {
        async move {
            for folder in ["outbox", "sent", "error"] {
                for (_, name) in self.ours(folder).await?.into_iter().filter(|(found, _)| *found == tag) {
                    remove(&self.folder(folder).join(name)).await?;
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn received(&self) -> BoxFuture<'_, Result<Vec<Piece>, SpoolError>> {
        async move {
            let settled = self.settled().await?;
            Ok(settled.iter().flat_map(|(name, text)| pieces(name, text)).collect())
        }
        .boxed()
    }

    fn take<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<(), SpoolError>> {
        async move {
            for key in keys {
                remove(&self.folder("inbox").join(key)).await?;
            }
            Ok(())
        }
        .boxed()
    }
}

/// `OUT<priority><date>_<time>_<serial>_<recipient>_<note>.txtd`; the last letter asks for a delivery report. The order of
/// names is the order in which they leave.
fn name_of(tag: Tag, message: &Outgoing) -> String {
    let priority = if message.urgency == Urgency::Alarm { 'A' } else { 'B' };
    let stored = message.stored_at.in_zone(&jiff::tz::TimeZone::UTC).strftime("%Y%m%d_%H%M%S").to_string();
    format!("OUT{priority}{stored}_00_{}_{tag}.txtd", message.to.as_str())
}

fn tag_in(name: &str) -> Option<Tag> {
    let note = name.strip_prefix("OUT")?.split('_').next_back()?;
    let end = note.find(".txt")?;
    note[..end].parse().ok().filter(|_| note.starts_with(PREFIX))
}

/// The messages in a file of gammu's backup format (`gammu-smsbackup(5)`): sections of `Key = value`, long texts over
/// several keys.
fn pieces(name: &str, file: &str) -> Vec<Piece> {
    file.split("[SMSBackup").skip(1).map(|section| piece(name, section)).collect()
}

fn piece(name: &str, section: &str) -> Piece {
    let fields =
        || section.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.trim(), v.trim()));
    let field = |key: &str| fields().find(|(name, _)| *name == key).map_or("", |(_, value)| value);
    let texts =
        fields().filter(|(key, _)| key.strip_prefix("Text").is_some_and(|n| n.parse::<u32>().is_ok()));
    Piece {
        key: name.to_owned(),
        sender: field("Number").trim_matches('"').to_owned(),
        header: field("UDH").to_owned(),
        text: texts.map(|(_, text)| text).collect(),
        sent_at: format!("{} {name}", field("DateTime")),
    }
}

async fn remove(path: &Path) -> Result<(), SpoolError> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unreachable(path, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Names of files hold telephone numbers: only the folder is told.
fn unreachable(path: &Path, error: &io::Error) -> SpoolError {
    let folder = path.ancestors().find(|path| path.extension().is_none()).unwrap_or(path);
    SpoolError::Unreachable(format!("{}: {}", folder.display(), error.kind()))
}

#[cfg(test)]
mod tests {
    use certus_registry::{Random, Timestamp};

    use super::super::received::together;
    use super::*;

    #[test]
    fn a_file_is_known_again_by_its_name() {
        let at = Timestamp::from_millis(1_795_400_000_000);
        let tag = Tag::new(MessageId::new(at, &Random::from_seed(1)), at, 2);
        let name = format!("OUTA20261124_170000_00_+46701740605_{tag}.txtd");
        assert_eq!(tag_in(&name), Some(tag));
        for strange in ["OUT+46701740605.txt", "draft-OUTA1_1_00_+46_x.txtd", "", &name[3..]] {
            assert_eq!(tag_in(strange), None, "{strange}");
        }
    }

    #[test]
    fn a_received_file_is_read_and_rubbish_is_nothing() {
        let file = "; made by gammu\n[SMSBackup000]\n; Jag \nDateTime = 20261124T170000Z\nNumber = \"+46701740605\"\n\
            UDH = 050003AC0201\nText00 = 004A00610067\nText01 = 0020\n\n[SMSBackup001]\nNumber = \"+46701740605\"\nUDH = 050003AC0202\nText00 = 006B\n";
        let texts = together(pieces("IN1", file));
        assert_eq!((texts.len(), texts[0].torn, texts[0].keys.len()), (1, false, 1));
        let reply = texts[0].reply(Timestamp::from_millis(0)).unwrap();
        assert_eq!((reply.body.as_str(), reply.from.as_str()), ("Jag k", "+46701740605"));
        assert_eq!(pieces("IN2", "rubbish = \u{fffd}"), []);
    }
}
