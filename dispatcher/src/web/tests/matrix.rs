//! Who may do what to whose: every route of the real router, for nobody, each role and a key of each scope, each over one county, on
//! something of that county and on something of another. A route that the table does not name makes the test fail.
//!
//! Wherever an answer is a page or data, nothing of the other county is in it: whatever is made there has [`FOREIGN`] in its name.

mod routes;
mod scene;
mod table;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use certus_registry::{Role, Scope};

use super::*;
use scene::{Scene, Who};

/// In the names of all people, things, organisations, accounts and incidents of the other county.
pub(super) const FOREIGN: &str = "Annanlän";

/// In the order of the table's columns.
fn everybody() -> Vec<Who> {
    let roles = Role::ALL.iter().map(|role| Who::Role(*role));
    let keys = Scope::ALL.iter().map(|scope| Who::Key(*scope));
    std::iter::once(Who::Nobody).chain(roles).chain(keys).collect()
}

/// The class of an answer in one letter.
fn letter(answer: &Response<Body>) -> char {
    let leads_to_sign_in = answer.headers().get("location").is_some_and(|to| to == "/sign-in");
    match answer.status() {
        StatusCode::UNAUTHORIZED => '1',
        StatusCode::FORBIDDEN => '-',
        StatusCode::NOT_FOUND => '0',
        status if status.is_success() => '2',
        status if status.is_redirection() => {
            if leads_to_sign_in {
                '>'
            } else {
                '3'
            }
        }
        status if status.is_client_error() => 'x',
        _ => '!',
    }
}

#[test]
fn the_table_names_every_route_once_and_no_other() {
    let named: Vec<String> = table::read().into_iter().map(|line| line.route).collect();
    let all = routes::all();
    let missing: Vec<_> = all.iter().filter(|route| !named.contains(*route)).collect();
    assert!(missing.is_empty(), "the table of who may do what lacks {missing:#?}");
    let gone: Vec<_> = named.iter().filter(|route| !all.contains(*route)).collect();
    assert!(gone.is_empty(), "the table names what is no route: {gone:#?}");
    assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "a route is named twice");
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_and_sees_nothing_of_another_county() {
    let scene = Scene::build().await;
    let mut differing = Vec::new();
    for line in table::read() {
        let mut cells = Vec::new();
        for who in everybody() {
            let counties: &[bool] = if line.has_subject() { &[true, false] } else { &[true] };
            let mut cell = String::new();
            for own in counties {
                let answer = scene.ask(&line, who, *own).await;
                cell.push(letter(&answer));
                assert!(
                    !shows_foreign(answer).await,
                    "{}: {who:?} is shown something of another county",
                    line.route
                );
            }
            cells.push(cell);
        }
        let is_same = cells.iter().all(|cell| *cell == cells[0]);
        let cells = if is_same { cells[0].clone() } else { cells.join(" ") };
        if cells != line.cells {
            differing.push(format!(
                "{}: found    {cells}\n{}  expected {}",
                line.route,
                " ".repeat(line.route.len()),
                line.cells
            ));
        }
    }
    assert!(differing.is_empty(), "{} lines differ:\n{}", differing.len(), differing.join("\n"));
}

/// Whether a successful answer has something of the other county in it. A stream of events has no end.
async fn shows_foreign(answer: Response<Body>) -> bool {
    let is_stream = answer.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
    if is_stream || !answer.status().is_success() {
        return false;
    }
    let bytes = axum::body::to_bytes(answer.into_body(), 10_000_000).await.unwrap();
    String::from_utf8_lossy(&bytes).contains(FOREIGN)
}
