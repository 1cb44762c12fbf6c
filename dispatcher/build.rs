//! Builds the pages' scripts and styles with npm, and rebuilds the crate when a migration is added
//! (`sqlx::migrate!` alone does not notice a new file).
//!
//! Works on a copy below `OUT_DIR`, so that nothing is written into the source tree; runs only when
//! something under `web/` changed, and `npm ci` only when the lock file did.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

/// What the bundle is made of; `node_modules` and `dist` are left where they are.
const SOURCES: [&str; 9] = [
    "src",
    "worker",
    "css",
    "data",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "build.mjs",
    ".npmrc",
];
/// The oldest Node that esbuild and npm's lock file are known to work with here.
const NODE_MAJOR_MIN: u32 = 20;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=migrations");
    for source in SOURCES {
        println!("cargo::rerun-if-changed=web/{source}");
    }
    match pages() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error=The pages of Certus could not be built: {error}.");
            ExitCode::FAILURE
        }
    }
}

fn pages() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let (web, assets) = (out.join("web"), out.join("assets"));
    check_node()?;
    for source in SOURCES {
        copy(&Path::new("web").join(source), &web.join(source))?;
    }
    install(&web)?;
    if assets.exists() {
        fs::remove_dir_all(&assets)?;
    }
    run(Command::new("node").arg("build.mjs").arg(&assets).current_dir(&web))?;
    fs::write(out.join("assets.rs"), list(&assets)?)?;
    Ok(())
}

fn check_node() -> Result<(), Box<dyn Error>> {
    const WANTED: &str = "Node 20 or newer with npm is needed on the PATH";
    let version =
        Command::new("node").arg("--version").output().map_err(|_| format!("{WANTED}; there is none"))?;
    let version = String::from_utf8(version.stdout)?;
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default().parse::<u32>();
    if major.is_ok_and(|major| major >= NODE_MAJOR_MIN) {
        return Ok(());
    }
    Err(format!("{WANTED}; this is {}", version.trim()).into())
}

/// Copies a file or a folder; what is no longer in the source goes away in the copy.
fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().ok_or("a file lies in a folder")?)?;
        fs::copy(from, to).map_err(|error| format!("{}: {error}", from.display()))?;
        return Ok(());
    }
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Installs what the lock file names, unless that is what is installed.
fn install(web: &Path) -> Result<(), Box<dyn Error>> {
    let (wanted, mark) = (fs::read(web.join("package-lock.json"))?, web.join("node_modules/.installed-from"));
    if fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(web))?;
    fs::write(mark, wanted)?;
    Ok(())
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let called = format!(
        "{} {}",
        command.get_program().display(),
        command.get_args().next().unwrap_or_default().display()
    );
    let output = command.output().map_err(|error| format!("`{called}` does not start ({error})"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{called}` failed and said: {}", said.trim().replace('\n', " ")).into())
}

/// Rust source: the name, the name with hash, and the content of every built file.
fn list(assets: &Path) -> Result<String, Box<dyn Error>> {
    let mut files =
        fs::read_dir(assets)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    let mut source = String::from("&[\n");
    for path in files {
        let whole = path.to_str().ok_or("the target folder's path is not UTF-8")?;
        let hashed =
            path.file_name().and_then(|name| name.to_str()).ok_or("a built file has a strange name")?;
        let (stem, extension) = hashed.rsplit_once('.').ok_or("a built file has no extension")?;
        let (name, _) = stem.rsplit_once('-').ok_or("a built file has no hash")?;
        writeln!(source, "    (\"{name}.{extension}\", {hashed:?}, include_bytes!({whole:?})),")?;
    }
    Ok(source + "]\n")
}
