//! Volunteers in and out of a file; the phone is the key.

mod draft;

use std::collections::HashMap;
use std::io::{Read, Write};

use super::organisations::{self, Organisations};
use super::report::sorted_or_stop;
use super::sheet::{self, Layout, Sheet};
use super::{ExportError, ImportError, ImportReport, Rows, Table};
use crate::vocabulary::written;
use crate::{
    Database, Organisation, OrganisationId, Phone, Position, Random, RegistryError, Timestamp, Tx, Volunteer,
    store,
};
use draft::Draft;

const LAYOUT: Layout = Layout {
    columns: &[
        "name",
        "phone",
        "languages",
        "competences",
        "modes",
        "home_lat",
        "home_lon",
        "on_duty",
        "hours",
        "vetting",
        "vetted_until",
        "organisation",
        "organisation_kind",
    ],
    required: &["name", "phone"],
    dependent: &[
        ("home_lat", "home_lon"),
        ("home_lon", "home_lat"),
        ("vetted_until", "vetting"),
        ("organisation_kind", "organisation"),
    ],
};

/// Imports a file of volunteers in one transaction; the module's table says what it may hold.
///
/// # Errors
/// [`ImportError::Refused`] with every bad row (with [`Rows::AllOrNothing`] only); any other when the file
/// as a whole cannot be read or stored. Nothing was imported then.
pub async fn import_volunteers(
    db: &Database,
    now: Timestamp,
    random: &Random,
    reader: impl Read,
    rows: Rows,
) -> Result<ImportReport, ImportError> {
    import(db, now, random, Table::read(reader)?, rows).await
}

pub(super) async fn import(
    db: &Database,
    now: Timestamp,
    random: &Random,
    table: Table,
    rows: Rows,
) -> Result<ImportReport, ImportError> {
    let sheet = Sheet::of(table, &LAYOUT)?;
    let (drafts, mut refused) = sheet.drafts(Draft::parse, ("phone", |draft| &draft.phone));
    let mut tx = db.begin().await?;
    store::hold(&mut tx).await?;
    let mut organisations = Organisations::load(&mut tx).await?;
    let mut held = held(&mut tx, &drafts).await?;
    let mut people = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let held = held.remove(&draft.phone);
        match draft.settle(held, &mut organisations, now, random) {
            Ok(person) => people.push(person),
            Err(error) => refused.push(error),
        }
    }
    let refused = sorted_or_stop(rows, refused)?;
    organisations.store_fresh(&mut tx, now).await?;
    let changes = store::volunteer::put_many(&mut tx, now, &people).await?;
    tx.commit().await?;
    Ok(ImportReport::new(&changes, refused))
}

async fn held(tx: &mut Tx, drafts: &[Draft]) -> Result<HashMap<Phone, Volunteer>, RegistryError> {
    let phones: Vec<&Phone> = drafts.iter().map(|draft| &draft.phone).collect();
    let held = store::volunteer::by_phones_within(tx, &phones).await?;
    Ok(held.into_iter().map(|person| (person.phone.clone(), person)).collect())
}

/// Writes every volunteer so that [`import_volunteers`] reads them back the same.
///
/// # Errors
/// [`ExportError`] when the database cannot be read or the file not written.
pub async fn export_volunteers(db: &Database, to: impl Write) -> Result<(), ExportError> {
    let people = store::volunteer::all(db).await?;
    // After the people: whatever organisation they refer to is there by now.
    let known = store::organisation::all(db).await?;
    let known = known.into_iter().map(|known| (known.id, known)).collect();
    sheet::write(to, &LAYOUT, people.iter().map(|person| fields(person, &known)))
}

/// In the order of [`LAYOUT`].
fn fields(person: &Volunteer, known: &HashMap<OrganisationId, Organisation>) -> Vec<String> {
    let (vetting, until) = person.vetting.columns();
    let [organisation, kind] = organisations::fields(person.organisation, known);
    let degrees = |part: fn(Position) -> f64| person.home.map(|home| part(home).to_string());
    vec![
        person.name.as_str().to_owned(),
        person.phone.as_str().to_owned(),
        written(&person.languages),
        written(&person.competences),
        written(&person.modes),
        degrees(Position::lat).unwrap_or_default(),
        degrees(Position::lon).unwrap_or_default(),
        person.duty.to_string(),
        person.hours.to_string(),
        vetting.to_owned(),
        until.map(|day| day.to_string()).unwrap_or_default(),
        organisation,
        kind,
    ]
}

#[cfg(test)]
mod tests;
