//! Organisations in and out of a file; the name is the key.

use std::collections::HashMap;
use std::io::Write;

use super::organisations::Organisations;
use super::plan::{Plan, Planned, Prepared, fate};
use super::sheet::{Layout, Read, Row};
use super::written::write;
use super::{ExportError, Format, ImportError, List, RowError, Table, Terms, held_at};
use crate::vocabulary::OrganisationKind;
use crate::volunteer::PersonName;
use crate::{County, Database, Organisation, OrganisationId, Random, Remit, Timestamp, Tx, store};

const LAYOUT: Layout =
    Layout { columns: &["name", "kind", "county"], required: &["name", "kind"], dependent: &[] };

pub(super) async fn import(
    tx: &mut Tx,
    now: Timestamp,
    random: &Random,
    table: Table,
    terms: Terms,
) -> Result<Plan, ImportError> {
    let read = read(table)?;
    let revision = held_at(tx, terms.revision).await?;
    let known = Organisations::load(tx).await?;
    let Prepared { settled, plan } = read.prepare(revision, known.into_stored(), terms, now, random);
    plan.follow(terms.rows)?;
    for organisation in &settled {
        store::organisation::put(tx, terms.remit, now, organisation).await?;
    }
    Ok(plan)
}

/// What [`import`] would do.
pub(super) async fn preview(
    db: &Database,
    now: Timestamp,
    random: &Random,
    table: Table,
    terms: Terms,
) -> Result<Plan, ImportError> {
    let read = read(table)?;
    let revision = store::revision(db).await?;
    Ok(read.prepare(revision, store::organisation::all(db, Remit::All).await?, terms, now, random).plan)
}

struct Draft {
    line: u64,
    name: PersonName,
    kind: OrganisationKind,
    county: Option<County>,
}

impl Draft {
    fn parse(row: &Row<'_>) -> Result<Self, RowError> {
        let (name, kind) = (row.required("name")?, row.required("kind")?);
        Ok(Self { line: row.line, name, kind, county: row.parse("county")?.value() })
    }
}

fn read(table: Table) -> Result<Read<Draft>, ImportError> {
    Read::of(table, &LAYOUT, Draft::parse, ("name", |draft| &draft.name))
}

impl Read<Draft> {
    fn prepare(
        self,
        revision: i64,
        stored: Vec<Organisation>,
        terms: Terms,
        now: Timestamp,
        random: &Random,
    ) -> Prepared<Organisation> {
        let held: HashMap<PersonName, Organisation> =
            stored.into_iter().map(|held| (held.name.clone(), held)).collect();
        let settle = |Draft { line, name, kind, county }| {
            let held = held.get(&name);
            if let Some(held) = held {
                terms.covers(line, "name", (held.county, Some(held.id)))?;
            }
            let county = terms.county_of(line, county, held.map(|held| held.county))?;
            let id = held.map_or_else(|| OrganisationId::new(now, random), |held| held.id);
            let organisation = Organisation { id, name, kind, county };
            terms.covers(line, "name", (county, Some(id)))?;
            let fate = fate(&LAYOUT, held.map(fields), fields(&organisation));
            let name = organisation.name.as_str().to_owned();
            Ok((organisation, Planned { line, name, person: None, fate, alike: None }))
        };
        let (settled, refused) = self.settled(settle);
        let (settled, rows) = settled.into_iter().unzip();
        Prepared { settled, plan: Plan::new(List::Organisations, revision, rows, refused) }
    }
}

pub(super) async fn export(
    db: &Database,
    remit: Remit,
    format: Format,
    to: impl Write,
) -> Result<(), ExportError> {
    let organisations = store::organisation::all(db, remit).await?;
    write(to, format, &LAYOUT.within(remit), organisations.iter().map(fields))
}

/// In the order of [`LAYOUT`].
fn fields(organisation: &Organisation) -> Vec<String> {
    let (name, kind) = (organisation.name.as_str().to_owned(), organisation.kind.to_string());
    vec![name, kind, super::county(organisation.county)]
}
