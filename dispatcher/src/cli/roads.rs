//! `certus roads`: makes the road file and shows what is in one.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;
use crate::travel::roads::{Graph, RoadClass, VERSION, build};

pub(super) const EXAMPLES: &str = "\
Examples:
  certus roads build jamtland.osm.pbf                      writes roads.certus in this directory
  certus roads build jamtland.osm.pbf --out /var/lib/certus/roads.certus
  certus roads info /var/lib/certus/roads.certus

Cut the OpenStreetMap file with at least 30 km of the neighbours around the county: the quickest way may go through them.
The configuration names the road file: [travel] roads = \"/var/lib/certus/roads.certus\".";

/// How often the progress bar is drawn again.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// What is done with road files.
#[derive(Debug, Subcommand)]
pub(super) enum Roads {
    /// Build a road file from an OpenStreetMap file
    Build {
        /// OpenStreetMap data (.osm.pbf)
        #[arg(value_name = "FILE")]
        source: PathBuf,
        /// Where the road file is written
        #[arg(long, value_name = "FILE", default_value = "roads.certus")]
        out: PathBuf,
    },
    /// Show what a road file holds
    Info {
        /// The road file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl Roads {
    pub(super) fn run(self) -> Result<(), CliError> {
        match self {
            Self::Build { source, out } => {
                let style = ProgressStyle::with_template("{wide_bar} {percent} % {eta}");
                let bar =
                    ProgressBar::new(0).with_style(style.expect("the template is right; a test reads it"));
                bar.enable_steady_tick(DRAW_EVERY);
                let progress = |at, of| {
                    bar.set_length(of);
                    bar.set_position(at);
                };
                build::from_pbf(&source, &progress)?.write(&out)?;
                bar.finish_and_clear();
                Ok(())
            }
            Self::Info { file } => show(&Graph::open(&file)?),
        }
    }
}

fn show(graph: &Graph) -> Result<(), CliError> {
    let (facts, [vertices, edges, points]) = (graph.facts(), graph.counts());
    let [south, west, north, east] = facts.bounds;
    let as_of = facts.data_as_of_s.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let as_of = as_of.map_or("unknown".to_owned(), |time| time.to_string());
    let mut out = std::io::stdout().lock();
    writeln!(out, "version      {VERSION}")?;
    writeln!(out, "sha256       {}", graph.hash())?;
    writeln!(out, "source       {}, data as of {as_of}", facts.source)?;
    writeln!(
        out,
        "size         {} bytes: {vertices} vertices, {edges} edges, {points} points",
        graph.bytes()
    )?;
    writeln!(out, "area         {south:.4} to {north:.4} N, {west:.4} to {east:.4} E")?;
    writeln!(out, "cars         {:.1} % in parts worth being led to", facts.main_share * 100.0)?;
    writeln!(out, "clipped      {} ways lost nodes at the edge of the source", facts.clipped_ways)?;
    writeln!(out, "lakes        {} left out there, for their outline is not whole", facts.clipped_lakes)?;
    writeln!(out, "fastest      {:.0} km/h", facts.speed_max * 3.6)?;
    for (class, km) in RoadClass::ALL.iter().zip(&facts.km) {
        writeln!(out, "{:12} {km:.1} km", format!("{class:?}").to_lowercase())?;
    }
    Ok(())
}
