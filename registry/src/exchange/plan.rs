//! What an import would do, row by row. Made from a table and what is stored, changing nothing; an import does what its plan says.

use super::sheet::Layout;
use super::{ImportError, ImportReport, List, RowError, Rows};
use crate::VolunteerId;
use crate::likeness::Likeness;
use crate::volunteer::PersonName;

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What the file lists.
    pub list: List,
    /// The registry's revision it was made from; at another one it may be wrong.
    pub revision: i64,
    /// Every row, by line.
    pub rows: Vec<Planned>,
}

/// What would become of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The line in the file on which the row begins, from 1.
    pub line: u64,
    /// The name of the person or organisation, or the resource's code; empty where the row is refused.
    pub name: String,
    /// The person the row is about, if it is about one; whoever is new has the identifier of this plan only.
    pub person: Option<VolunteerId>,
    /// What would happen.
    pub fate: Fate,
    /// Whom somebody new looks like, if anybody: an official looks before they are registered twice. Told by a preview only.
    pub alike: Option<Alike>,
}

/// Somebody who is registered already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// Who.
    pub id: VolunteerId,
    /// Their name.
    pub name: PersonName,
    /// Why it may be them.
    pub why: Likeness,
}

/// What would happen to one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It would be added.
    New,
    /// What is stored would change, column by column.
    Changed(Vec<Difference>),
    /// It says what is stored already.
    Unchanged,
    /// It cannot be imported.
    Refused(RowError),
}

/// A column whose value would change, as export writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The column's name.
    pub column: &'static str,
    /// What is stored; empty when nothing is.
    pub from: String,
    /// What the file says.
    pub to: String,
}

/// How many rows have which fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Would be added.
    pub new: usize,
    /// Would change something.
    pub changed: usize,
    /// Say what is stored.
    pub unchanged: usize,
    /// Cannot be imported.
    pub refused: usize,
}

impl Plan {
    pub(super) fn new(list: List, revision: i64, mut rows: Vec<Planned>, refused: Vec<RowError>) -> Self {
        rows.extend(refused.into_iter().map(Planned::refused));
        rows.sort_by_key(|row| row.line);
        Self { list, revision, rows }
    }

    /// How many rows have which fate.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.rows.iter().fold(Counts::default(), |mut counts, row| {
            match row.fate {
                Fate::New => counts.new += 1,
                Fate::Changed(_) => counts.changed += 1,
                Fate::Unchanged => counts.unchanged += 1,
                Fate::Refused(_) => counts.refused += 1,
            }
            counts
        })
    }

    /// The rows that cannot be imported, by line.
    #[must_use]
    pub fn refused(&self) -> Vec<RowError> {
        let mut refused: Vec<RowError> = self.rows.iter().filter_map(Planned::why_refused).cloned().collect();
        refused.sort();
        refused
    }

    /// Stops what the bad rows forbid.
    pub(super) fn follow(&self, rows: Rows) -> Result<(), ImportError> {
        let refused = self.refused();
        match rows {
            Rows::AllOrNothing if !refused.is_empty() => Err(ImportError::Refused(refused)),
            Rows::AllOrNothing | Rows::Partial => Ok(()),
        }
    }

    pub(super) fn report(&self) -> ImportReport {
        let Counts { new, changed, unchanged, refused: _ } = self.counts();
        ImportReport { created: new, updated: changed, unchanged, refused: self.refused() }
    }
}

impl Planned {
    fn refused(error: RowError) -> Self {
        Self { line: error.line, name: String::new(), person: None, fate: Fate::Refused(error), alike: None }
    }

    fn why_refused(&self) -> Option<&RowError> {
        match &self.fate {
            Fate::Refused(error) => Some(error),
            Fate::New | Fate::Changed(_) | Fate::Unchanged => None,
        }
    }
}

/// The fate of a row that stands for `after`, when `before` is stored; both as export writes them.
pub(super) fn fate(layout: &Layout, before: Option<Vec<String>>, after: Vec<String>) -> Fate {
    let Some(before) = before else { return Fate::New };
    let pairs = layout.columns.iter().zip(before.into_iter().zip(after));
    let differing = pairs.filter(|(_, (from, to))| from != to);
    let differences: Vec<_> = differing.map(|(column, (from, to))| Difference { column, from, to }).collect();
    if differences.is_empty() { Fate::Unchanged } else { Fate::Changed(differences) }
}

/// What is to be written when the plan is followed.
#[derive(Debug)]
pub(super) struct Prepared<T> {
    pub(super) settled: Vec<T>,
    pub(super) plan: Plan,
}

#[cfg(test)]
mod tests;
