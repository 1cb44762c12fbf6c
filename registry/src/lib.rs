//! What Certus knows before anything happens: people, organisations, resources, when they can be
//! asked, and the words all parts share. Also the one database handle, the clock and randomness.
//!
//! This crate must never learn that messages or incidents exist; `certus-sms-bridge` and
//! `certus-dispatcher` build on it, never the other way round.

pub mod account;
pub mod api_key;
pub mod audit;
pub mod availability;
pub mod batch;
pub mod birth_year;
pub mod catalogue;
pub mod certificate;
pub mod county;
pub mod database;
pub mod duty;
pub mod error;
pub mod exchange;
pub mod fold;
pub mod id;
pub mod likeness;
pub mod mutation;
pub mod organisation;
pub mod outage;
mod people;
pub mod phone;
pub mod phone_code;
pub mod position;
pub mod random;
pub mod reach;
pub mod remit;
pub mod resource;
pub mod seal;
pub mod secret;
pub mod store;
pub mod time;
pub mod vetting;
pub mod vocabulary;
pub mod volunteer;
pub mod weekly_hours;

pub use account::{Account, Login, Role};
pub use api_key::{ApiKey, ApiKeyId, Scope};
pub use availability::Availability;
pub use batch::{Batch, Value};
pub use birth_year::BirthYear;
pub use catalogue::{Catalogue, ResourceKind};
pub use county::County;
pub use database::{Database, Medium, Tx};
pub use duty::Duty;
pub use error::RegistryError;
pub use id::{AccountId, ContactId, OrganisationId, ResourceId, VolunteerId};
pub use organisation::{Contact, Organisation};
pub use phone::Phone;
pub use position::{Metres, Position};
pub use random::Random;
pub use reach::Reach;
pub use remit::Remit;
pub use resource::Resource;
pub use secret::{Secret, SecretHash};
pub use store::migrate;
pub use time::{Clock, Timestamp};
pub use vocabulary::{CompetenceKind, EventType, Language, Mode, Season};
pub use volunteer::Volunteer;
pub use weekly_hours::WeeklyHours;
