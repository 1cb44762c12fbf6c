//! Identifiers: UUIDv7, made from the clock and randomness that are passed in, kept as TEXT.

use crate::{Random, Timestamp};

/// The 128 bits of a UUIDv7 (RFC 9562) made at `now`.
#[must_use]
pub fn uuid_v7(now: Timestamp, random: &Random) -> uuid::Uuid {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes::<10>()).into_uuid()
}

/// Declares an identifier type: a UUIDv7 of its own kind, shown and stored as its hyphenated text.
#[macro_export]
macro_rules! define_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(::uuid::Uuid);

        impl $name {
            /// A fresh identifier, ordered by `now`.
            #[must_use]
            pub fn new(now: $crate::Timestamp, random: &$crate::Random) -> Self {
                Self($crate::id::uuid_v7(now, random))
            }

            /// The 128 bits.
            #[must_use]
            pub const fn uuid(self) -> ::uuid::Uuid {
                self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

define_id!(
    /// One volunteer in the registry.
    VolunteerId
);
define_id!(
    /// One organisation in the registry.
    OrganisationId
);
define_id!(
    /// One resource (AED, snowmobile, boat …) in the registry.
    ResourceId
);
define_id!(
    /// One account of somebody who signs in at the pages.
    AccountId
);
define_id!(
    /// One contact of an organisation.
    ContactId
);
