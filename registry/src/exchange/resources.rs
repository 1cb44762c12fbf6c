//! Resources in and out of a file; the code is the key.

mod draft;

use std::collections::HashMap;
use std::io::{self, Write};

use super::organisations::{self, Organisations};
use super::plan::{Plan, Planned, Prepared, fate};
use super::sheet::{Layout, Read};
use super::written::write;
use super::{ExportError, Format, ImportError, ImportReport, List, Rows, Table, Terms, held_at};
use crate::resource::{Location, ResourceCode};
use crate::volunteer::{Day, PersonName};
use crate::{
    CompetenceKind, Database, Organisation, OrganisationId, Phone, Random, Remit, Resource, Season,
    Timestamp, Tx, Volunteer, VolunteerId, store,
};
use draft::{Draft, Keepers, Known};

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
        "season",
        "licence",
        "confirmed",
        "retired",
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
    reader: impl io::Read,
    rows: Rows,
) -> Result<ImportReport, ImportError> {
    super::import(db, now, random, Table::read(reader)?, rows.into()).await
}

pub(super) async fn import(
    tx: &mut Tx,
    now: Timestamp,
    random: &Random,
    table: Table,
    terms: Terms,
) -> Result<Plan, ImportError> {
    let read = read(table)?;
    let revision = held_at(tx, terms.revision).await?;
    let organisations = Organisations::load(tx).await?;
    let kinds = store::catalogue::locked(tx).await?;
    let phones: Vec<&Phone> = read.drafts.iter().filter_map(Draft::keeper).collect();
    let keepers = by_phone(terms.remit, store::volunteer::by_phones_within(tx, &phones).await?);
    let codes: Vec<&ResourceCode> = read.drafts.iter().map(|draft| &draft.code).collect();
    let held = by_code(store::resource::by_codes_within(tx, &codes).await?);
    let mut known = Known { keepers, organisations, kinds };
    let Prepared { settled, plan } = read.prepare(revision, held, &mut known, terms, now, random);
    plan.follow(terms.rows)?;
    known.organisations.store_fresh(tx, terms.remit, now).await?;
    store::resource::put_many(tx, terms.remit, now, &settled).await?;
    Ok(plan)
}

/// What [`import`] would do, changing nothing and keeping nobody from writing.
pub(super) async fn preview(
    db: &Database,
    now: Timestamp,
    random: &Random,
    table: Table,
    terms: Terms,
) -> Result<Plan, ImportError> {
    let read = read(table)?;
    let revision = store::revision(db).await?;
    // Codes and names are unique over all counties: what is another's must be known to be refused.
    let held = by_code(store::resource::all(db, Remit::All).await?);
    let keepers = by_phone(terms.remit, store::volunteer::all(db, terms.remit).await?);
    let organisations = Organisations::new(store::organisation::all(db, Remit::All).await?);
    let mut known = Known { keepers, organisations, kinds: store::catalogue::load(db).await? };
    Ok(read.prepare(revision, held, &mut known, terms, now, random).plan)
}

/// Those among them who may be named as keepers.
fn by_phone(remit: Remit, people: Vec<Volunteer>) -> Keepers {
    let own = people.into_iter().filter(|person| remit.covers(person.county, person.organisation));
    own.map(|person| (person.phone, person.id)).collect()
}

fn by_code(held: Vec<Resource>) -> HashMap<ResourceCode, Resource> {
    held.into_iter().map(|resource| (resource.code.clone(), resource)).collect()
}

fn read(table: Table) -> Result<Read<Draft>, ImportError> {
    Read::of(table, &LAYOUT, Draft::parse, ("code", |draft| &draft.code))
}

impl Read<Draft> {
    fn prepare(
        self,
        revision: i64,
        mut held: HashMap<ResourceCode, Resource>,
        known: &mut Known,
        terms: Terms,
        now: Timestamp,
        random: &Random,
    ) -> Prepared<Resource> {
        let (settled, refused) = self.settled(|draft| {
            let (line, held) = (draft.line, held.remove(&draft.code));
            Ok((draft.settle(held.clone(), known, terms, now, random)?, (line, held)))
        });
        let (settled, before): (Vec<_>, Vec<_>) = settled.into_iter().unzip();
        let organisations = known.organisations.by_id();
        let phones = known.keepers.iter().map(|(phone, id)| (*id, phone.clone())).collect();
        let row = |(resource, (line, held)): (&Resource, (u64, Option<Resource>))| Planned {
            line,
            name: resource.code.to_string(),
            person: None,
            alike: None,
            fate: fate(
                &LAYOUT,
                held.map(|held| fields(&held, &phones, &organisations)),
                fields(resource, &phones, &organisations),
            ),
        };
        let rows = settled.iter().zip(before).map(row).collect();
        Prepared { settled, plan: Plan::new(List::Resources, revision, rows, refused) }
    }
}

/// Writes every resource as CSV, so that [`import_resources`] reads them back the same.
///
/// # Errors
/// [`ExportError`] when the database cannot be read or the file not written.
pub async fn export_resources(db: &Database, to: impl Write) -> Result<(), ExportError> {
    export(db, Remit::All, Format::Csv, to).await
}

pub(super) async fn export(
    db: &Database,
    remit: Remit,
    format: Format,
    to: impl Write,
) -> Result<(), ExportError> {
    let resources = store::resource::all(db, remit).await?;
    // After the resources: whoever and whatever they refer to is there by now. Keepers of other lists are not named.
    let people = store::volunteer::all(db, remit).await?;
    let phones = people.into_iter().map(|person| (person.id, person.phone)).collect();
    let known = store::organisation::all(db, Remit::All).await?;
    let known = known.into_iter().map(|known| (known.id, known)).collect();
    write(
        to,
        format,
        &LAYOUT.within(remit),
        resources.iter().map(|resource| fields(resource, &phones, &known)),
    )
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
    let season = resource.season.map_or("", Season::as_str).to_owned();
    let licence = resource.licence.map_or("", CompetenceKind::as_str).to_owned();
    let day = |day: Option<Day>| day.map_or_else(String::new, |day| day.to_string());
    let (confirmed, retired) = (day(resource.confirmed.map(|confirmed| confirmed.on)), day(resource.retired));
    let first = vec![code, thing, lat, lon, keeper, place, months, hours, organisation, kind];
    [first, vec![season, licence, confirmed, retired, super::county(resource.county)]].concat()
}

#[cfg(test)]
mod tests;
