//! What ends for a person, and on which day.

use super::Dossier;
use super::dossier::Standing;
use crate::CompetenceKind;
use crate::volunteer::Day;

/// Something that ends unless somebody renews it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// The last day on which it counts.
    pub day: Day,
    /// What ends.
    pub kind: DueKind,
}

/// What can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DueKind {
    /// The board's approval.
    Approval,
    /// The background check: the next is to be seen.
    BackgroundCheck,
    /// The certificate of a competence.
    Certificate(CompetenceKind),
}

impl Dossier {
    /// What ends first of approval and background check, on `today` or later. Nothing is due of whoever is suspended or
    /// has left.
    #[must_use]
    pub fn due_next(&self, today: Day) -> Option<Due> {
        if self.standing != Standing::Open {
            return None;
        }
        let approval = self.ends().map(|day| Due { day, kind: DueKind::Approval });
        let check = self.check.map(|check| Due { day: check.next_due, kind: DueKind::BackgroundCheck });
        [approval, check].into_iter().flatten().filter(|due| due.day >= today).min()
    }
}
