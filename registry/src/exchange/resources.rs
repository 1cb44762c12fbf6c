//! Resources in and out of a file; the code is the key.

mod draft;

use std::collections::HashMap;
use std::io::{Read, Write};

use super::organisations::{self, Organisations};
use super::report::sorted_or_stop;
use super::sheet::{self, Layout, Sheet};
use super::{ExportError, ImportError, ImportReport, Rows, Table};
use crate::resource::{Location, ResourceCode};
use crate::volunteer::PersonName;
use crate::{
    Database, Organisation, OrganisationId, Phone, Random, RegistryError, Resource, Timestamp, Tx,
    VolunteerId, store,
};
use draft::{Draft, Keepers};

const LAYOUT: Layout = Layout {
    columns: &[
        "code",
        "kind",
        "lat",
        "lon",
        "keeper",
        "place",
        "months",
        "hours",
        "organisation",
        "organisation_kind",
    ],
    required: &["code", "kind"],
    dependent: &[("lat", "lon"), ("lon", "lat"), ("organisation_kind", "organisation")],
};

/// Imports a file of resources in one transaction; the module's table says what it may hold.
///
/// # Errors
/// [`ImportError::Refused`] with every bad row (with [`Rows::AllOrNothing`] only); any other when the file
/// as a whole cannot be read or stored. Nothing was imported then.
pub async fn import_resources(
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
    let (drafts, mut refused) = sheet.drafts(Draft::parse, ("code", |draft| &draft.code));
    let mut tx = db.begin().await?;
    store::hold(&mut tx).await?;
    let mut organisations = Organisations::load(&mut tx).await?;
    let keepers = keepers(&mut tx, &drafts).await?;
    let mut held = held(&mut tx, &drafts).await?;
    let mut resources = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let held = held.remove(&draft.code);
        match draft.settle(held, &keepers, &mut organisations, now, random) {
            Ok(resource) => resources.push(resource),
            Err(error) => refused.push(error),
        }
    }
    let refused = sorted_or_stop(rows, refused)?;
    organisations.store_fresh(&mut tx, now).await?;
    let changes = store::resource::put_many(&mut tx, now, &resources).await?;
    tx.commit().await?;
    Ok(ImportReport::new(&changes, refused))
}

async fn keepers(tx: &mut Tx, drafts: &[Draft]) -> Result<Keepers, RegistryError> {
    let phones: Vec<&Phone> = drafts.iter().filter_map(Draft::keeper).collect();
    let found = store::volunteer::by_phones_within(tx, &phones).await?;
    Ok(found.into_iter().map(|person| (person.phone, person.id)).collect())
}

async fn held(tx: &mut Tx, drafts: &[Draft]) -> Result<HashMap<ResourceCode, Resource>, RegistryError> {
    let codes: Vec<&ResourceCode> = drafts.iter().map(|draft| &draft.code).collect();
    let held = store::resource::by_codes_within(tx, &codes).await?;
    Ok(held.into_iter().map(|resource| (resource.code.clone(), resource)).collect())
}

/// Writes every resource so that [`import_resources`] reads them back the same.
///
/// # Errors
/// [`ExportError`] when the database cannot be read or the file not written.
pub async fn export_resources(db: &Database, to: impl Write) -> Result<(), ExportError> {
    let resources = store::resource::all(db).await?;
    // After the resources: whoever and whatever they refer to is there by now.
    let people = store::volunteer::all(db).await?;
    let phones = people.into_iter().map(|person| (person.id, person.phone)).collect();
    let known = store::organisation::all(db).await?;
    let known = known.into_iter().map(|known| (known.id, known)).collect();
    sheet::write(to, &LAYOUT, resources.iter().map(|resource| fields(resource, &phones, &known)))
}

/// In the order of [`LAYOUT`].
fn fields(
    resource: &Resource,
    phones: &HashMap<VolunteerId, Phone>,
    known: &HashMap<OrganisationId, Organisation>,
) -> Vec<String> {
    let [organisation, kind] = organisations::fields(resource.organisation, known);
    let [lat, lon, keeper] = match resource.location {
        Location::Fixed(place) => [place.lat().to_string(), place.lon().to_string(), String::new()],
        Location::Keeper(id) => {
            let phone = phones.get(&id).map_or("", Phone::as_str).to_owned();
            [String::new(), String::new(), phone]
        }
    };
    let place = resource.place.as_ref().map_or("", PersonName::as_str).to_owned();
    let (code, thing) = (resource.code.to_string(), resource.kind.to_string());
    let (months, hours) = (resource.months.to_string(), resource.hours.to_string());
    vec![code, thing, lat, lon, keeper, place, months, hours, organisation, kind]
}

#[cfg(test)]
mod tests;
