//! An organisation that keeps a list of volunteers and resources.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::vocabulary::OrganisationKind;
use crate::volunteer::PersonName;
use crate::{ContactId, County, OrganisationId, Phone, Timestamp};

/// An organisation of one of the kinds the inquiry names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// The registry's own identifier.
    pub id: OrganisationId,
    /// Its name, unique in the registry.
    pub name: PersonName,
    /// What it is.
    pub kind: OrganisationKind,
    /// The county whose board answers for it.
    pub county: County,
}

/// Somebody who answers for an organisation's list, and is asked whether what it lists is still there. Whoever is a volunteer
/// as well is known by the same phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The registry's own identifier.
    pub id: ContactId,
    /// Whose contact.
    pub organisation: OrganisationId,
    /// Full name.
    pub name: PersonName,
    /// Where messages go; one contact of the organisation has it.
    pub phone: Phone,
    /// Where else to write.
    pub email: Option<Email>,
    /// When they wrote STOPP; nothing is sent to them since.
    pub stopped_at: Option<Timestamp>,
}

/// An address for e-mail, 3 to 254 characters (RFC 5321, 4.5.3.1.3): something on both sides of one `@`, and no space. Nothing
/// is sent to it: whether it exists is for whoever writes to it to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

/// Why a text is no address for e-mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as anna@example.org")]
pub struct EmailError;

impl Email {
    /// The longest address, in bytes.
    pub const LENGTH_MAX: usize = 254;

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = EmailError;
    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let is_whole =
            |(name, host): (&str, &str)| !name.is_empty() && !host.is_empty() && !host.contains('@');
        let is_plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
        let fits = text.len() <= Self::LENGTH_MAX && is_plain && text.split_once('@').is_some_and(is_whole);
        if fits { Ok(Self(text.to_owned())) } else { Err(EmailError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_something_on_both_sides_of_one_at() {
        assert_eq!(" anna@example.org ".parse::<Email>().unwrap().as_str(), "anna@example.org");
        for text in ["", "anna", "@example.org", "anna@", "a@b@c", "an na@example.org"] {
            assert_eq!(text.parse::<Email>(), Err(EmailError), "{text}");
        }
    }
}
