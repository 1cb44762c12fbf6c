//! The benchmarks; see `certus_tests::bench`.

use certus_tests::bench::{alert, bridge, decide, registry, travel};
use clap::{Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p certus-tests --bin bench -- alert
  cargo run --release -p certus-tests --bin bench -- alert --incidents 1000
  cargo run --release -p certus-tests --bin bench -- bridge --messages 1000
  cargo run --release -p certus-tests --bin bench -- decide
  cargo run --release -p certus-tests --bin bench -- registry --people 10000
  cargo run --release -p certus-tests --bin bench -- travel --pbf jamtland.osm.pbf
  eval \"$(tests/postgres start)\" && cargo run --release -p certus-tests --bin bench -- alert

Progress goes to standard error. Standard output ends with one line of JSON: every figure by name with its unit,
and under \"missed\" the figures that missed their aim. A missed aim is no failure: the exit status stays 0.";

/// Measures how fast Certus is on this machine, beside what the machine can do at all
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// From `POST /v1/incidents` to the first of 30 messages leaving for the gateway
    #[command(after_help = EXAMPLES)]
    Alert(alert::Settings),
    /// From the outbox to the message centre's answer recorded, beside the same batch through Kannel
    #[command(after_help = EXAMPLES)]
    Bridge(bridge::Settings),
    /// The whole decision of an alarm with 2 000 and with 1 000 000 volunteers
    #[command(after_help = EXAMPLES)]
    Decide(decide::Settings),
    /// The board's pages with 100 000 people: imported, listed, searched
    #[command(after_help = EXAMPLES)]
    Registry(registry::Settings),
    /// Travel times of 500 people to one incident on a county's roads, beside OSRM's table service
    #[command(after_help = EXAMPLES)]
    Travel(travel::Settings),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().bench {
        Bench::Alert(settings) => alert::run(&settings),
        Bench::Bridge(settings) => bridge::run(&settings),
        Bench::Decide(settings) => decide::run(&settings),
        Bench::Registry(settings) => registry::run(&settings),
        Bench::Travel(settings) => travel::run(&settings),
    }
}
