//! Every route there is: those of the API from its document, all others from where they are registered in the source.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use certus_sms_bridge::template;

/// Method and path of every route.
pub(super) fn all() -> BTreeSet<String> {
    let mut all = documented();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for folder in ["web", "api"] {
        for file in files(&source.join(folder)) {
            all.extend(registered(&std::fs::read_to_string(file).unwrap()));
        }
    }
    all
}

fn documented() -> BTreeSet<String> {
    let document: serde_json::Value = serde_json::from_str(&crate::api::openapi::json().unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let methods = |(path, operations): (&String, &serde_json::Value)| {
        let methods = operations.as_object().unwrap().keys();
        methods.map(|method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(methods).collect()
}

/// The Rust files below a folder that are no tests.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && stem != "tests" {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") && !stem.ends_with("tests") {
            found.push(path);
        }
    }
    found
}

/// What a file registers with `.route(path, get(…).post(…))`.
fn registered(text: &str) -> Vec<String> {
    let mut routes = Vec::new();
    for (at, _) in text.match_indices(".route(") {
        let arguments = enclosed(&text[at + ".route(".len()..]);
        let (path, handlers) = arguments.split_once(',').unwrap();
        let path = path.trim();
        let literal = path.strip_prefix('"').and_then(|path| path.strip_suffix('"'));
        let path = literal.map_or_else(|| constant(path), str::to_owned);
        let mut methods: Vec<&str> =
            METHODS.into_iter().filter(|method| calls(handlers, &method.to_lowercase())).collect();
        if methods.is_empty() {
            methods = match handlers.trim() {
                "details" => vec!["GET", "POST"],
                "look" => vec!["POST"],
                other => panic!("which methods has {path}, {other}?"),
            };
        }
        routes.extend(methods.into_iter().map(|method| format!("{method} {path}")));
    }
    routes
}

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Paths that have a name.
fn constant(name: &str) -> String {
    match name {
        "OWN" => crate::web::visitor::OWN,
        "SIGN_IN" => "/me/sign-in",
        "CALLBACK" => "/sign-in/oidc/callback",
        "crate::serve::APPLY_UPLOAD" => crate::serve::APPLY_UPLOAD,
        "crate::serve::CALENDAR_UPLOAD" => crate::serve::CALENDAR_UPLOAD,
        "CALENDAR" => "/me/calendar",
        "CLAIMS" => crate::serve::CLAIM_UPLOAD,
        "template::RECEIPT_PATH" => template::RECEIPT_PATH,
        "template::REPLY_PATH" => template::REPLY_PATH,
        other => panic!("a route has the path {other}: say here which that is"),
    }
    .to_owned()
}

/// What stands before the bracket that closes the one before it.
fn enclosed(text: &str) -> &str {
    let mut depth = 1_usize;
    let end = text.find(|letter| {
        depth = match letter {
            '(' => depth + 1,
            ')' => depth - 1,
            _ => depth,
        };
        depth == 0
    });
    &text[..end.unwrap()]
}

fn calls(text: &str, name: &str) -> bool {
    let begins = |at: usize| !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    text.match_indices(name).any(|(at, _)| begins(at) && text[at + name.len()..].starts_with('('))
}

#[test]
fn what_a_file_registers_is_found() {
    let text = ".route(\"/a/{id}\", get(a::show).post(a::forget(1)))\n    .route(OWN, post(own))";
    assert_eq!(registered(text), ["GET /a/{id}", "POST /a/{id}", "POST /account"]);
}
