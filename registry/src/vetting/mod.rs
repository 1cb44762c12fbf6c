//! How far the county board has come with a person: the history of their vetting, one entry per step, and what follows
//! from it.
//!
//! Pure: it knows neither clock nor database. The history is the truth; [`Dossier`] is what it adds up to, and
//! [`Dossier::vetting`] what the rest of the program goes by. Of a background check it keeps that one was seen, when, by
//! whom and when the next is due; there is no place for what it said.

mod dossier;
mod due;
mod refusal;
mod rules;
mod stage;
mod step;
#[cfg(test)]
mod tests;

pub use dossier::{Approval, Dossier, Ground, OutOfOrder, PendingCheck, Proposal};
pub use due::{Due, DueKind};
pub use refusal::Refusal;
pub use rules::CHECK_YEARS_MAX;
pub use stage::{Missing, Stage};
pub use step::{
    Agreement, AgreementVersion, AgreementVersionError, BackgroundCheck, CheckForm, CheckReport, Entry,
    Officials, SameOfficial, Step, StepKind, What,
};
