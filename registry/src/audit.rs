//! The audit log: who did what to whose data, and who looked. Append-only and chained: each entry's hash covers the entry and
//! the hash before it, so that nothing in it can be altered, taken out or put in without every later hash being wrong.
//!
//! Whoever can write to the database could make a whole new chain. The hash of the last entry, noted elsewhere now and then
//! (`certus audit verify` prints it), is what such a chain would not contain.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::vocabulary::vocabulary;
use crate::{AccountId, ApiKeyId, ContactId, Timestamp, VolunteerId};

vocabulary!(
    /// What was done. Words stay for ever: entries are never rewritten.
    Action, "audited action" {
        /// A person's record was shown.
        PersonRead = "person.read",
        /// A page of the list of people was shown; the details say whom.
        PeopleListed = "people.listed",
        /// All people were written to a file.
        PeopleExported = "people.exported",
        /// A person has applied.
        PersonApplied = "person.applied",
        /// A certificate of a person was shown.
        CertificateRead = "certificate.read",
        /// A person said what more they can do, and sent a certificate; the details say what.
        CompetenceClaimed = "competence.claimed",
        /// An official has looked at such a certificate; the details say which and whether it counts.
        ClaimDecided = "claim.decided",
        /// A person made a secret address of their calendar.
        CalendarFeedMade = "calendar_feed.made",
        /// A person took the address of their calendar away.
        CalendarFeedEnded = "calendar_feed.ended",
        /// A person took along all that is held about them.
        PersonExported = "person.exported",
        /// A file of people was read in.
        PeopleImported = "people.imported",
        /// Resources or organisations were written to a file.
        ListExported = "list.exported",
        /// A file of resources or organisations was read in.
        ListImported = "list.imported",
        /// A person was added.
        PersonAdded = "person.added",
        /// Something about a person was changed.
        PersonChanged = "person.changed",
        /// Two records of one person became one; the details say which went into which.
        PersonMerged = "person.merged",
        /// A person has left, and what was held about them is gone.
        PersonErased = "person.erased",
        /// A step of a person's vetting was taken.
        VettingStep = "vetting.step",
        /// A secret for a person's phone was made.
        PositionTokenMade = "position_token.made",
        /// A resource was added, changed or retired; the details say which.
        ResourceChanged = "resource.changed",
        /// Somebody said that resources are there and in order; the details say which.
        ResourceConfirmed = "resource.confirmed",
        /// A kind of resource was added to the catalogue, changed or retired; the details say which.
        KindChanged = "resource_kind.changed",
        /// A season was said to be on or over.
        SeasonChanged = "season.changed",
        /// An organisation was added or changed, or one of its contacts.
        OrganisationChanged = "organisation.changed",
        /// The contacts of an organisation were shown.
        ContactsRead = "contacts.read",
        /// New call-out policies were proposed; the details say which proposal.
        PoliciesProposed = "policies.proposed",
        /// A proposal of call-out policies was taken back; the details say which.
        PoliciesWithdrawn = "policies.withdrawn",
        /// Call-out policies came into force; the details say which.
        PoliciesApproved = "policies.approved",
        /// An account was made.
        AccountAdded = "account.added",
        /// An account was switched off or on, or its roles changed.
        AccountChanged = "account.changed",
        /// A password was set by its holder or by an administrator.
        PasswordSet = "password.set",
        /// Somebody signed in.
        SignedIn = "signed_in",
        /// Signing in was refused.
        SignInRefused = "sign_in.refused",
        /// An account was linked with its holder at their organisation's own sign-in.
        IdentityLinked = "identity.linked",
        /// Somebody added a passkey to their account.
        PasskeyAdded = "passkey.added",
        /// Somebody took a passkey off their account.
        PasskeyRemoved = "passkey.removed",
        /// What was kept long enough was taken away; the details say how much of what.
        RetentionRun = "retention.run",
        /// Personal data was begun or finished to be encrypted; the details say under which data key.
        DataSealed = "data.sealed",
        /// Personal data was begun or finished to be encrypted under another data key; the details say which.
        DataKeyRotated = "data_key.rotated",
        /// An API key was made.
        KeyAdded = "key.added",
        /// An API key was revoked.
        KeyRevoked = "key.revoked",
    }
);

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// Somebody who had signed in.
    Account(AccountId),
    /// Another system, by its key.
    Key(ApiKeyId),
    /// A volunteer, at their own page.
    Volunteer(VolunteerId),
    /// An organisation's contact, by text message.
    Contact(ContactId),
    /// Whoever may run this program on the server.
    Console,
    /// Nobody known: a sign-in that was refused.
    Nobody,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Key(id) => write!(f, "key:{id}"),
            Self::Volunteer(id) => write!(f, "volunteer:{id}"),
            Self::Contact(id) => write!(f, "contact:{id}"),
            Self::Console => f.write_str("console"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

impl FromStr for Actor {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let actor = match text.split_once(':') {
            Some(("account", id)) => id.parse().ok().map(Self::Account),
            Some(("key", id)) => id.parse().ok().map(Self::Key),
            Some(("volunteer", id)) => id.parse().ok().map(Self::Volunteer),
            Some(("contact", id)) => id.parse().ok().map(Self::Contact),
            None if text == "console" => Some(Self::Console),
            None if text == "nobody" => Some(Self::Nobody),
            Some(_) | None => None,
        };
        actor.ok_or_else(|| {
            format!("'{text}' is no actor; expected account:ID, key:ID, volunteer:ID, contact:ID, console or nobody")
        })
    }
}

impl TryFrom<String> for Actor {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

/// One line, before it has its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// Whose data, if it was one person's or several people's.
    pub about: Vec<VolunteerId>,
    /// What else is worth knowing, in a few words; never a phone number, a position, a secret or what a message said.
    pub detail: String,
}

/// A line in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From 1, without gaps.
    pub number: i64,
    /// The line.
    pub line: Line,
    /// SHA-256 over the hash before it and the line, in hex.
    pub hash: String,
}

/// The hash before the first entry.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl Line {
    /// A line that is about no person's record.
    #[must_use]
    pub fn new(at: Timestamp, actor: Actor, action: Action, detail: impl Into<String>) -> Self {
        Self { at, actor, action, about: Vec::new(), detail: detail.into() }
    }

    /// A line of what a volunteer does at their own page, about themselves.
    #[must_use]
    pub fn own(at: Timestamp, who: VolunteerId, action: Action, detail: impl Into<String>) -> Self {
        Self { about: vec![who], ..Self::new(at, Actor::Volunteer(who), action, detail) }
    }

    /// Puts the line behind the entry with this hash, as entry `number`.
    #[must_use]
    pub fn chained(self, number: i64, before: &str) -> Entry {
        let hash = self.hash(number, before);
        Entry { number, line: self, hash }
    }

    /// Every part with its length before it, so that no two lines read the same.
    fn hash(&self, number: i64, before: &str) -> String {
        let about: Vec<String> = self.about.iter().map(VolunteerId::to_string).collect();
        let parts = [
            before.to_owned(),
            number.to_string(),
            self.at.as_millis().to_string(),
            self.actor.to_string(),
            self.action.to_string(),
            about.join(" "),
            self.detail.clone(),
        ];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hex::encode(hash.finalize())
    }
}

impl Entry {
    /// Whether it stands rightly behind the entry `(number, hash)`; says what is wrong.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn follows(&self, (number, hash): (i64, &str)) -> Result<(), String> {
        if self.number != number + 1 {
            return Err(format!("entry {} is missing", number + 1));
        }
        let right = self.line.hash(self.number, hash) == self.hash;
        if right { Ok(()) } else { Err(format!("entry {} was altered, or one before it", self.number)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    fn line(detail: &str, about: usize) -> Line {
        let (at, random) = (Timestamp::from_millis(1_795_000_000_000), Random::from_seed(1));
        let about = (0..about).map(|_| VolunteerId::new(at, &random)).collect();
        Line { at, actor: Actor::Console, action: Action::PersonRead, about, detail: detail.to_owned() }
    }

    #[test]
    fn whatever_is_altered_in_an_entry_breaks_the_chain() {
        let entry = line("a", 1).chained(1, BEGINNING);
        assert_eq!(entry.follows((0, BEGINNING)), Ok(()));
        let random = Random::from_seed(2);
        let mut others = vec![Entry { number: 2, ..entry.clone() }];
        for change in [
            Line { at: Timestamp::from_millis(0), ..entry.line.clone() },
            Line { actor: Actor::Nobody, ..entry.line.clone() },
            Line { action: Action::PersonChanged, ..entry.line.clone() },
            Line { about: vec![VolunteerId::new(entry.line.at, &random)], ..entry.line.clone() },
            Line { about: Vec::new(), ..entry.line.clone() },
            Line { detail: "b".to_owned(), ..entry.line.clone() },
        ] {
            others.push(Entry { line: change, ..entry.clone() });
        }
        for other in others {
            assert!(other.follows((0, BEGINNING)).is_err(), "{other:?}");
        }
        assert!(entry.follows((0, &entry.hash)).is_err());
    }

    #[test]
    fn an_actor_reads_back() {
        let (now, random) = (Timestamp::from_millis(0), Random::from_seed(3));
        let account = Actor::Account(AccountId::new(now, &random));
        let key = Actor::Key(ApiKeyId::new(now, &random));
        let volunteer = Actor::Volunteer(VolunteerId::new(now, &random));
        let contact = Actor::Contact(ContactId::new(now, &random));
        for actor in [account, key, volunteer, contact, Actor::Console, Actor::Nobody] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        assert!("account:x".parse::<Actor>().is_err() && "system".parse::<Actor>().is_err());
    }
}
