//! What a person has been asked for lately.

use certus_registry::Timestamp;

/// How much has been asked of one person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Strain {
    /// Call-outs within [`MONTH`](certus_registry::availability::MONTH), answered or not.
    pub asked: u32,
    /// When their part in the last incident that they went to was over.
    pub rests_since: Option<Timestamp>,
}
