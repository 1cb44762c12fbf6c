//! `certus places`: names and addresses for the operator's search.

use std::io::Write;
use std::path::PathBuf;

use certus_registry::time::SystemClock;
use certus_registry::{Clock, Database};
use clap::Subcommand;

use super::CliError;
use crate::places::gazetteer::{self, Gazetteer};
use crate::places::{coordinates, import};

pub(super) const EXAMPLES: &str = "\
Examples:
  certus places import ortnamn.geojson adresser_2380.gpkg
  certus places find 'storgatan 12 östersund'
  certus places find '63 10.752 N 14 38.14 E'

Files: GeoJSON points with a property 'name'; CSV with the columns name, lat, lon (and within, kind, accuracy_m); a GeoNames
dump (.txt); the GeoPackage of Lantmäteriet's Belägenhetsadress Nedladdning, vektor. A file of the same name replaces what it
brought before; one bad row is named and changes nothing.";

/// What to do with places.
#[derive(Debug, Subcommand)]
pub(super) enum Places {
    /// Read files of named places and addresses
    Import {
        /// Which
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Show what coordinates or a name are understood as
    Find {
        /// As an operator would type it
        text: String,
    },
}

impl Places {
    pub(super) async fn run(self, db: &Database) -> Result<(), CliError> {
        match self {
            Self::Import { files } => import_all(db, &files).await,
            Self::Find { text } => find(db, &text).await,
        }
    }
}

async fn import_all(db: &Database, files: &[PathBuf]) -> Result<(), CliError> {
    for path in files {
        let file = path.display().to_string();
        let places = import::read(path)
            .await
            .map_err(|why| CliError::File { file: file.clone(), why: why.to_string() })?;
        let source = path.file_name().unwrap_or_default().to_string_lossy();
        let mut tx = db.begin().await?;
        gazetteer::replace(&mut tx, SystemClock.now(), &source, &places).await?;
        tx.commit().await?;
        writeln!(std::io::stdout().lock(), "{file}: {} places", places.len())?;
    }
    Ok(())
}

async fn find(db: &Database, text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    if let Some(read) = coordinates::read(text) {
        let understood = read.map_err(|why| CliError::NoPlace(why.to_string()))?;
        let (at, notation) = (understood.position, understood.notation.as_str());
        writeln!(out, "{:.5} {:.5}  ± {} m  {notation}", at.lat(), at.lon(), understood.accuracy_m)?;
        return Ok(());
    }
    let names = Gazetteer::built_in().names(db).await?;
    let found = names.search(text, 10);
    if found.is_empty() {
        return Err(CliError::NoPlace(format!("no place is called anything like '{text}'")));
    }
    for place in found {
        let at = place.position;
        writeln!(
            out,
            "{:.5} {:.5}  ± {} m  {}, {}",
            at.lat(),
            at.lon(),
            place.accuracy_m,
            place.name,
            place.within
        )?;
    }
    Ok(())
}
