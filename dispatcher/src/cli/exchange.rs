//! `certus import` and `certus export`: lists in and out.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use certus_registry::audit::{Action, Actor, Line};
use certus_registry::exchange::{
    Approvals, Counts, Difference, ExportError, Fate, Format, ImportError, ImportReport, List, Plan, Planned,
    RowError, Rows, Table, Terms, export, import, preview,
};
use certus_registry::store::audit;
use certus_registry::time::SystemClock;
use certus_registry::{Clock, County, Database, Random, Remit};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::CliError;
use crate::config::Config;

pub(super) const IMPORT_EXAMPLES: &str = "\
Examples:
  certus import volunteers.csv resources.csv
  certus import --partial volunteers.csv
  certus import --preview volunteers.xlsx
  certus import --county Jämtland volunteers.csv

A file is CSV or an Excel workbook (.xlsx). What it holds is told from its first line: a column 'phone'
makes it volunteers, 'code' resources, 'name' and 'kind' organisations; the file of the Swedish defibrillator register is
resources, too. One bad row is named by line and column and imports nothing of its file, unless --partial
is given. Importing twice changes nothing.";

pub(super) const EXPORT_EXAMPLES: &str = "\
Examples:
  certus export volunteers volunteers.csv
  certus export organisations organisations.xlsx
  certus export resources - | less";

/// What to import.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// CSV files or Excel workbooks of volunteers or resources
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Import the good rows; name the bad ones on stderr
    #[arg(long)]
    partial: bool,
    /// Write rows of this county only, and take new rows to be of it; else a file may name any county in a column `county`, and
    /// new rows that name none are of the installation's
    #[arg(long, value_name = "COUNTY")]
    county: Option<County>,
    /// Show what would change, row by row, and change nothing; exits 1 when a row cannot be imported
    #[arg(long)]
    preview: bool,
}

/// What to export.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Which list
    #[arg(value_parser = PossibleValuesParser::new(List::ALL.iter().map(|list| list.as_str())).try_map(|word| word.parse::<List>()))]
    list: List,
    /// Where to; `-` is the terminal. A name that ends in .xlsx makes an Excel workbook, any other CSV
    #[arg(default_value = "-", value_name = "FILE")]
    file: PathBuf,
}

impl Import {
    pub(super) async fn run(self, db: &Database, config: &Config) -> Result<(), CliError> {
        let rows = if self.partial { Rows::Partial } else { Rows::AllOrNothing };
        let remit = self.county.map_or(Remit::All, Remit::County);
        let (approvals, county) = (Approvals::AsListed, config.county);
        let terms = Terms { rows, approvals, remit, county, revision: None };
        let mut sheets = self.files.iter().map(|path| Sheet::open(path)).collect::<Result<Vec<_>, _>>()?;
        sheets.sort_by_key(|sheet| sheet.list); // stable: files of one kind stay in their order
        if self.preview {
            return previewed(db, sheets, terms).await;
        }
        for sheet in sheets {
            let name = sheet.name.clone();
            if let List::Volunteers = sheet.list {
                kept(db, Action::PeopleImported).await?; // before, so that no import is without it
            }
            let report = sheet.import(db, terms).await?;
            tell(&name, &report)?;
        }
        Ok(())
    }
}

/// Shows what each file would change. A file is compared with what is stored, not with what the files before it would change.
async fn previewed(db: &Database, sheets: Vec<Sheet>, terms: Terms) -> Result<(), CliError> {
    let mut refused = Vec::new();
    for sheet in sheets {
        if let List::Volunteers = sheet.list {
            kept(db, Action::PeopleListed).await?;
        }
        let (now, random) = (SystemClock.now(), Random::from_system());
        let plan = preview(db, now, &random, sheet.table, terms).await;
        let plan = plan.map_err(|why| CliError::Import { file: sheet.name.clone(), why })?;
        show(&sheet.name, &plan)?;
        refused.extend(plan.refused().into_iter().map(|error| (sheet.name.clone(), error)));
    }
    let bad = |(file, _): (String, RowError)| CliError::WouldRefuse { file };
    let first = refused.into_iter().next().filter(|_| terms.rows == Rows::AllOrNothing);
    first.map_or(Ok(()), |first| Err(bad(first)))
}

fn show(name: &str, plan: &Plan) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for Planned { line, name, fate, .. } in &plan.rows {
        match fate {
            Fate::New => writeln!(out, "line {line}: new: {name}")?,
            Fate::Changed(differences) => {
                writeln!(out, "line {line}: changed: {name}")?;
                for Difference { column, from, to } in differences {
                    writeln!(out, "  {column}: '{from}' -> '{to}'")?;
                }
            }
            Fate::Unchanged => {}
            Fate::Refused(error) => writeln!(out, "{error}: refused")?,
        }
    }
    let Counts { new, changed, unchanged, refused } = plan.counts();
    writeln!(
        out,
        "{name}: {new} new, {changed} changed, {unchanged} unchanged, {refused} refused; nothing was imported"
    )
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

/// A file that was read.
struct Sheet {
    name: String,
    list: List,
    table: Table,
}

impl Sheet {
    fn open(path: &Path) -> Result<Self, CliError> {
        let name = path.display().to_string();
        let broken = |why| CliError::Import { file: name.clone(), why };
        let table = File::open(path).map_err(ImportError::Read).and_then(Table::read).map_err(broken)?;
        let list = table.list().map_err(broken)?;
        Ok(Self { name, list, table })
    }

    async fn import(self, db: &Database, terms: Terms) -> Result<ImportReport, CliError> {
        let (now, random) = (SystemClock.now(), Random::from_system());
        let report = import(db, now, &random, self.table, terms).await;
        report.map_err(|why| CliError::Import { file: self.name, why })
    }
}

impl Export {
    pub(super) async fn run(self, db: &Database) -> Result<(), CliError> {
        if let List::Volunteers = self.list {
            kept(db, Action::PeopleExported).await?;
        }
        if self.file == Path::new("-") {
            return Ok(write(self.list, self.format(), db, io::stdout().lock()).await?);
        }
        // Written beside and renamed, so that a half-written list never takes the place of a whole one.
        let beside = self.file.with_added_extension("part");
        let named =
            |error: io::Error| CliError::File { file: beside.display().to_string(), why: error.to_string() };
        let file = private(&beside).map_err(named)?;
        write(self.list, self.format(), db, &file).await?;
        file.sync_all().map_err(named)?;
        std::fs::rename(&beside, &self.file).map_err(named)
    }
}

impl Export {
    fn format(&self) -> Format {
        let ending = self.file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        ending.parse().unwrap_or(Format::Csv)
    }
}

/// A file for its owner only: lists of people hold numbers and homes.
fn private(path: &Path) -> io::Result<File> {
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

async fn write(list: List, format: Format, db: &Database, to: impl Write) -> Result<(), ExportError> {
    let mut to = BufWriter::new(to);
    export(db, Remit::All, list, format, &mut to).await?;
    Ok(to.flush()?)
}
