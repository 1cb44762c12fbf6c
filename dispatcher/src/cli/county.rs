//! `--county`: over which county's part of the registry rights go, or whose rows a file may write.

use std::str::FromStr;

use certus_registry::county::CountyError;
use certus_registry::{County, Remit};

/// A county, or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Over(pub(super) Remit);

impl FromStr for Over {
    type Err = CountyError;
    fn from_str(text: &str) -> Result<Self, CountyError> {
        if text.trim() == "all" {
            return Ok(Self(Remit::All));
        }
        text.parse().map(|county: County| Self(Remit::County(county)))
    }
}
