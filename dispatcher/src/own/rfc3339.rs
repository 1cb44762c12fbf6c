//! Times as exports write them.

use certus_registry::Timestamp;
use serde::{Serialize as _, Serializer};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference to the field")]
pub(super) fn at<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    at.rfc3339().serialize(to)
}

#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
pub(super) fn maybe<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    at.map(Timestamp::rfc3339).serialize(to)
}
