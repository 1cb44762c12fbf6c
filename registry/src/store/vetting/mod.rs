//! Histories of vetting, and what they add up to. An entry is written together with the volunteer's own state of
//! vetting and with the standing by which queues are read, and is never changed.
//!
//! No rule about people lives here: see [`crate::vetting`].

mod due;
mod queue;
mod row;
mod write;

pub use due::{DUE_DAYS_MAX, DueOf, certificates_ending, due};
pub use queue::{Waiting, queue, queue_lengths};
pub(super) use write::take_over;
pub use write::{TakeError, take};

use std::collections::HashMap;

use sqlx::QueryBuilder;

use crate::store::{bind_list, damaged};
use crate::vetting::{Dossier, Entry};
use crate::{Database, RegistryError, Tx, VolunteerId, on};
use row::Row;

/// The columns of [`Row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT volunteer_id, number, at, account, step, day, until, official_1, official_2, form, version, ",
            "vetting FROM vetting_entry ",
            $rest
        )
    };
}

const OF_ONE: &str = select!("WHERE volunteer_id = $1 ORDER BY number");

/// A person's history, the oldest entry first; empty when there is no such person.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn history(db: &Database, id: VolunteerId) -> Result<Vec<Entry>, RegistryError> {
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(OF_ONE).bind(id.to_string()).fetch_all(c).await?);
    rows.iter().map(Row::entry).collect()
}

/// What a person's history adds up to.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn dossier(db: &Database, id: VolunteerId) -> Result<Dossier, RegistryError> {
    let entries = history(db, id).await?;
    Dossier::of(&entries).map_err(|e| damaged("vetting of volunteer", &id.to_string(), &e))
}

/// The dossiers of `people`, inside a transaction; whoever has no history is left out. At most one chunk of people.
async fn dossiers(
    tx: &mut Tx,
    people: impl Iterator<Item = VolunteerId>,
) -> Result<HashMap<String, Dossier>, RegistryError> {
    let rows: Vec<Row> = on!(tx, c => {
        let mut query = QueryBuilder::new(select!("WHERE volunteer_id IN ("));
        bind_list(&mut query, people.map(|id| id.to_string()));
        query.push(") ORDER BY volunteer_id, number").build_query_as().persistent(false).fetch_all(c).await?
    });
    let mut dossiers: HashMap<String, Dossier> = HashMap::new();
    for row in rows {
        let entry = row.entry()?;
        let wrong = |e| damaged("vetting of volunteer", &row.volunteer_id, &e);
        dossiers.entry(row.volunteer_id.clone()).or_default().add(&entry).map_err(wrong)?;
    }
    Ok(dossiers)
}
