//! Volunteers in and out of a file; the phone is the key.

mod draft;

use std::collections::HashMap;
use std::io::{self, Write};

use super::organisations::{self, Organisations};
use super::plan::{Alike, Fate, Plan, Planned, Prepared, fate};
use super::sheet::{Layout, Read};
use super::written::write;
use super::{ExportError, Format, ImportError, ImportReport, List, Rows, Table, Terms, held_at};
use crate::likeness::{Face, Faces};
use crate::vocabulary::written;
use crate::{
    Database, Organisation, OrganisationId, Phone, Position, Random, Remit, Timestamp, Tx, Volunteer,
    VolunteerId, store,
};
use draft::Draft;

const LAYOUT: Layout = Layout {
    columns: &[
        "name",
        "birth_year",
        "phone",
        "languages",
        "competences",
        "modes",
        "home_lat",
        "home_lon",
        "on_duty",
        "hours",
        "holidays",
        "nights",
        "exceptions",
        "monthly_max",
        "vetting",
        "vetted_until",
        "organisation",
        "organisation_kind",
        "county",
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
    let mut organisations = Organisations::load(tx).await?;
    let phones: Vec<&Phone> = read.drafts.iter().map(|draft| &draft.phone).collect();
    let held = by_phone(store::volunteer::by_phones_within(tx, &phones).await?);
    let Prepared { settled, plan } = read.prepare(revision, held, &mut organisations, terms, now, random);
    plan.follow(terms.rows)?;
    organisations.store_fresh(tx, terms.remit, now).await?;
    store::volunteer::put_many(tx, terms.remit, now, &settled).await?;
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
    // Numbers and names are unique over all counties: what is another's must be known to be refused.
    let people = store::volunteer::all(db, Remit::All).await?;
    let mut organisations = Organisations::new(store::organisation::all(db, Remit::All).await?);
    let own = people.iter().filter(|person| terms.remit.covers(person.county, person.organisation));
    let faces = Faces::of(own.map(Face::from).collect());
    let Prepared { settled, mut plan } =
        read.prepare(revision, by_phone(people), &mut organisations, terms, now, random);
    let newcomers: HashMap<_, _> = settled.iter().map(|person| (person.id, person)).collect();
    for row in plan.rows.iter_mut().filter(|row| row.fate == Fate::New) {
        let newcomer = row.person.and_then(|id| newcomers.get(&id));
        row.alike = newcomer.and_then(|person| Alike::of(&faces, person));
    }
    Ok(plan)
}

impl Alike {
    fn of(faces: &Faces, newcomer: &Volunteer) -> Option<Self> {
        let (why, face) = faces.like(&newcomer.into())?;
        Some(Self { id: face.id, name: face.name.clone(), why })
    }
}

fn by_phone(people: Vec<Volunteer>) -> HashMap<Phone, Volunteer> {
    people.into_iter().map(|person| (person.phone.clone(), person)).collect()
}

fn read(table: Table) -> Result<Read<Draft>, ImportError> {
    Read::of(table, &LAYOUT, Draft::parse, ("phone", |draft| &draft.phone))
}

impl Read<Draft> {
    fn prepare(
        self,
        revision: i64,
        mut held: HashMap<Phone, Volunteer>,
        organisations: &mut Organisations,
        terms: Terms,
        now: Timestamp,
        random: &Random,
    ) -> Prepared<Volunteer> {
        let (settled, refused) = self.settled(|draft| {
            let (line, held) = (draft.line, held.remove(&draft.phone));
            Ok((draft.settle(held.clone(), terms, organisations, now, random)?, (line, held)))
        });
        let (settled, before): (Vec<_>, Vec<_>) = settled.into_iter().unzip();
        let known = organisations.by_id();
        let row = |(person, (line, held)): (&Volunteer, (u64, Option<Volunteer>))| Planned {
            line,
            name: person.name.as_str().to_owned(),
            person: Some(person.id),
            alike: None,
            fate: fate(&LAYOUT, held.map(|held| fields(&held, &known)), fields(person, &known)),
        };
        let rows = settled.iter().zip(before).map(row).collect();
        Prepared { settled, plan: Plan::new(List::Volunteers, revision, rows, refused) }
    }
}

/// Writes every volunteer as CSV, so that [`import_volunteers`] reads them back the same.
///
/// # Errors
/// [`ExportError`] when the database cannot be read or the file not written.
pub async fn export_volunteers(db: &Database, to: impl Write) -> Result<(), ExportError> {
    export(db, Remit::All, Format::Csv, to).await.map(drop)
}

pub(super) async fn export(
    db: &Database,
    remit: Remit,
    format: Format,
    to: impl Write,
) -> Result<Vec<VolunteerId>, ExportError> {
    let people = store::volunteer::all(db, remit).await?;
    // After the people: whatever organisation they refer to is there by now.
    let known = store::organisation::all(db, Remit::All).await?;
    let known = known.into_iter().map(|known| (known.id, known)).collect();
    write(to, format, &LAYOUT.within(remit), people.iter().map(|person| fields(person, &known)))?;
    Ok(people.iter().map(|person| person.id).collect())
}

/// In the order of [`LAYOUT`].
fn fields(person: &Volunteer, known: &HashMap<OrganisationId, Organisation>) -> Vec<String> {
    let (vetting, until) = person.vetting.columns();
    let availability = &person.availability;
    let [organisation, kind] = organisations::fields(person.organisation, known);
    let degrees = |part: fn(Position) -> f64| person.home.map(|home| part(home).to_string());
    vec![
        person.name.as_str().to_owned(),
        person.birth_year.map(|year| year.to_string()).unwrap_or_default(),
        person.phone.as_str().to_owned(),
        written(&person.languages),
        written(&person.competences),
        written(&person.modes),
        degrees(Position::lat).unwrap_or_default(),
        degrees(Position::lon).unwrap_or_default(),
        person.duty.to_string(),
        availability.hours.to_string(),
        availability.holidays.to_string(),
        (if availability.nights { "yes" } else { "no" }).to_owned(),
        availability.exceptions.to_string(),
        availability.monthly_max.map(|max| max.to_string()).unwrap_or_default(),
        vetting.to_owned(),
        until.map(|day| day.to_string()).unwrap_or_default(),
        organisation,
        kind,
        super::county(person.county),
    ]
}

#[cfg(test)]
mod tests;
