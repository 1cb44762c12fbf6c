//! `certus import` and `certus export`: CSV files in and out.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use certus_registry::audit::{Action, Actor, Line};
use certus_registry::exchange::{
    ExportError, ImportReport, Rows, export_resources, export_volunteers, import_resources, import_volunteers,
};
use certus_registry::store::audit;
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Database, Random};
use clap::{Args, ValueEnum};

use super::CliError;

pub(super) const IMPORT_EXAMPLES: &str = "\
Examples:
  certus import volunteers.csv resources.csv
  certus import --partial volunteers.csv

What a file holds is told from its first line: a column 'phone' makes it volunteers, a column 'code'
resources. One bad row is named by line and column and imports nothing of its file, unless --partial
is given. Importing twice changes nothing.";

pub(super) const EXPORT_EXAMPLES: &str = "\
Examples:
  certus export volunteers volunteers.csv
  certus export resources - | less";

/// The longest header line read, in bytes.
const HEADER_MAX: u64 = 16_384;

/// What to import.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// CSV files of volunteers or resources
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Import the good rows; name the bad ones on stderr
    #[arg(long)]
    partial: bool,
}

/// What to export.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Which list
    kind: Kind,
    /// Where to; `-` is the terminal
    #[arg(default_value = "-", value_name = "FILE")]
    file: PathBuf,
}

/// What a file holds; volunteers first, because resources name them as keepers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Kind {
    /// People.
    Volunteers,
    /// Things.
    Resources,
}

impl Import {
    pub(super) async fn run(self, db: &Database) -> Result<(), CliError> {
        let rows = if self.partial { Rows::Partial } else { Rows::AllOrNothing };
        let mut sheets = self.files.iter().map(|path| Sheet::open(path)).collect::<Result<Vec<_>, _>>()?;
        sheets.sort_by_key(|sheet| sheet.kind); // stable: files of one kind stay in their order
        for sheet in sheets {
            let name = sheet.name.clone();
            if let Kind::Volunteers = sheet.kind {
                kept(db, Action::PeopleImported).await?; // before, so that no import is without it
            }
            let report = sheet.import(db, rows).await?;
            tell(&name, &report)?;
        }
        Ok(())
    }
}

/// Writes down what was done to or read of all people at once.
async fn kept(db: &Database, action: Action) -> Result<(), CliError> {
    let (at, mut tx) = (SystemClock.now(), db.begin().await?);
    audit::append(&mut tx, Line::new(at, Actor::Console, action, "")).await?;
    Ok(tx.commit().await?)
}

fn tell(name: &str, report: &ImportReport) -> io::Result<()> {
    let ImportReport { created, updated, unchanged, refused } = report;
    let mut complaints = io::stderr().lock();
    for error in refused {
        writeln!(complaints, "{name}: {error}")?;
    }
    let left_out = refused.len();
    let mut out = io::stdout().lock();
    writeln!(out, "{name}: {created} created, {updated} updated, {unchanged} unchanged, {left_out} left out")
}

/// An opened file whose first line was read.
struct Sheet {
    name: String,
    kind: Kind,
    reader: Box<dyn Read>,
}

impl Sheet {
    fn open(path: &Path) -> Result<Self, CliError> {
        let name = path.display().to_string();
        let broken = |why: String| CliError::File { file: name.clone(), why };
        let mut rest = BufReader::new(File::open(path).map_err(|error| broken(error.to_string()))?);
        let mut header = Vec::new();
        let read = rest.by_ref().take(HEADER_MAX).read_until(b'\n', &mut header);
        read.map_err(|error| broken(error.to_string()))?;
        let kind = kind_of(&String::from_utf8_lossy(&header)).ok_or_else(|| {
            let expected = "expected a column 'phone' (volunteers) or 'code' (resources)";
            broken(format!("line 1 names neither volunteers nor resources: {expected}"))
        })?;
        Ok(Self { name, kind, reader: Box::new(Cursor::new(header).chain(rest)) })
    }

    async fn import(self, db: &Database, rows: Rows) -> Result<ImportReport, CliError> {
        let (now, random) = (SystemClock.now(), Random::from_system());
        let report = match self.kind {
            Kind::Volunteers => import_volunteers(db, now, &random, self.reader, rows).await,
            Kind::Resources => import_resources(db, now, &random, self.reader, rows).await,
        };
        report.map_err(|why| CliError::Import { file: self.name, why })
    }
}

fn kind_of(header: &str) -> Option<Kind> {
    let columns = header.trim_start_matches('\u{feff}').split([',', ';', '\t']);
    let columns: Vec<_> =
        columns.map(|column| column.trim().trim_matches('"').trim().to_lowercase()).collect();
    let has = |name: &str| columns.iter().any(|column| column == name);
    match (has("phone"), has("code")) {
        (true, false) => Some(Kind::Volunteers),
        (false, true) => Some(Kind::Resources),
        (true, true) | (false, false) => None,
    }
}

impl Export {
    pub(super) async fn run(self, db: &Database) -> Result<(), CliError> {
        if let Kind::Volunteers = self.kind {
            kept(db, Action::PeopleExported).await?;
        }
        if self.file == Path::new("-") {
            return Ok(write(self.kind, db, io::stdout().lock()).await?);
        }
        // Written beside and renamed, so that a half-written list never takes the place of a whole one.
        let beside = self.file.with_added_extension("part");
        let named =
            |error: io::Error| CliError::File { file: beside.display().to_string(), why: error.to_string() };
        let file = private(&beside).map_err(named)?;
        write(self.kind, db, &file).await?;
        file.sync_all().map_err(named)?;
        std::fs::rename(&beside, &self.file).map_err(named)
    }
}

/// A file for its owner only: lists of people hold numbers and homes.
fn private(path: &Path) -> io::Result<File> {
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

async fn write(kind: Kind, db: &Database, to: impl Write) -> Result<(), ExportError> {
    let mut to = BufWriter::new(to);
    match kind {
        Kind::Volunteers => export_volunteers(db, &mut to).await?,
        Kind::Resources => export_resources(db, &mut to).await?,
    }
    Ok(to.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_holds_is_told_from_its_first_line() {
        let table = [
            ("name,phone\n", Some(Kind::Volunteers)),
            ("\u{feff}\"Code\";kind;lat;lon\r\n", Some(Kind::Resources)),
            ("phone\tname", Some(Kind::Volunteers)),
            ("phone,code", None),
            ("telephone", None),
            ("", None),
        ];
        for (header, kind) in table {
            assert_eq!(kind_of(header), kind, "{header:?}");
        }
    }
}
