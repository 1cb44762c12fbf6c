//! The organisations that the rows of a file mention.

use std::collections::HashMap;

use super::cell::Cell;
use super::sheet::Row;
use super::{RowError, Terms, Why};
use crate::store::{self, Change};
use crate::vocabulary::OrganisationKind;
use crate::volunteer::PersonName;
use crate::{Organisation, OrganisationId, Random, RegistryError, Remit, Timestamp, Tx};

/// What a row says about its organisation.
#[derive(Debug)]
pub(super) struct Mention {
    line: u64,
    name: PersonName,
    kind: Option<OrganisationKind>,
}

impl Mention {
    pub(super) fn parse(row: &Row<'_>) -> Result<Cell<Self>, RowError> {
        let kind: Option<OrganisationKind> = row.parse("organisation_kind")?.value();
        match (row.parse("organisation")?, kind) {
            (Cell::Value(name), kind) => Ok(Cell::Value(Self { line: row.line, name, kind })),
            (Cell::Absent | Cell::Empty, Some(_)) => Err(row.error(
                "organisation",
                Why::Nameless,
                "expected the name of the organisation whose kind is given",
            )),
            (Cell::Absent, None) => Ok(Cell::Absent),
            (Cell::Empty, None) => Ok(Cell::Empty),
        }
    }
}

/// The organisations that are stored and those that the file makes known.
#[derive(Debug)]
pub(super) struct Organisations {
    known: HashMap<PersonName, Organisation>,
    fresh: Vec<Organisation>,
}

impl Organisations {
    pub(super) async fn load(tx: &mut Tx) -> Result<Self, RegistryError> {
        Ok(Self::new(store::organisation::all_within(tx).await?))
    }

    pub(super) fn new(stored: Vec<Organisation>) -> Self {
        let known = stored.into_iter().map(|known| (known.name.clone(), known)).collect();
        Self { known, fresh: Vec::new() }
    }

    /// All of them by identifier, those that the file makes known included.
    pub(super) fn by_id(&self) -> HashMap<OrganisationId, Organisation> {
        self.known.values().map(|known| (known.id, known.clone())).collect()
    }

    pub(super) fn into_stored(self) -> Vec<Organisation> {
        self.known.into_values().collect()
    }

    /// The organisation a row mentions; a new one when the row names its kind.
    pub(super) fn resolve(
        &mut self,
        mention: Cell<Mention>,
        terms: Terms,
        now: Timestamp,
        random: &Random,
    ) -> Result<Cell<OrganisationId>, RowError> {
        mention.try_map(|Mention { line, name, kind }| match (self.known.get(&name), kind) {
            (Some(known), _) if !terms.remit.covers(known.county, Some(known.id)) => Err(RowError::new(
                line,
                "organisation",
                Why::OtherList,
                format!("'{}' is not one of yours", name.as_str()),
            )),
            (Some(known), Some(kind)) if known.kind != kind => {
                let problem = format!("'{}' is known as {}, not {kind}", name.as_str(), known.kind);
                Err(RowError::new(line, "organisation_kind", Why::OtherKind, problem))
            }
            (Some(known), Some(_) | None) => Ok(known.id),
            (None, Some(kind)) if terms.remit.organisation().is_none() => {
                let county = terms.remit.county().unwrap_or(terms.county);
                Ok(self.add(Organisation { id: OrganisationId::new(now, random), name, kind, county }))
            }
            (None, Some(_)) => Err(RowError::new(
                line,
                "organisation",
                Why::OtherList,
                format!("'{}' is not yours", name.as_str()),
            )),
            (None, None) => {
                let problem = format!(
                    "'{}' is not in the registry; name its kind in the column organisation_kind to add it",
                    name.as_str()
                );
                Err(RowError::new(line, "organisation", Why::UnknownOrganisation, problem))
            }
        })
    }

    fn add(&mut self, organisation: Organisation) -> OrganisationId {
        let id = organisation.id;
        self.fresh.push(organisation.clone());
        self.known.insert(organisation.name.clone(), organisation);
        id
    }

    pub(super) async fn store_fresh(
        &self,
        tx: &mut Tx,
        remit: Remit,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        for organisation in &self.fresh {
            let _: Change = store::organisation::put(tx, remit, now, organisation).await?;
        }
        Ok(())
    }
}

/// The two fields of an organisation on export.
pub(super) fn fields(
    organisation: Option<OrganisationId>,
    known: &HashMap<OrganisationId, Organisation>,
) -> [String; 2] {
    let found = organisation.and_then(|id| known.get(&id));
    found.map_or_else(Default::default, |found| [found.name.as_str().to_owned(), found.kind.to_string()])
}
