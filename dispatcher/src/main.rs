//! The binary `certus`.

use std::process::ExitCode;

use certus_dispatcher::cli::{self, Cli};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Cli::parse()).await
}
