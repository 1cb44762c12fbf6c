//! The words every part of Certus shares, each with one spelling in files, columns and the API.

use std::fmt::Display;
use std::str::FromStr;

/// A word that is not in the vocabulary; the message lists those that are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is no {what}; expected one of {expected}")]
pub struct UnknownWord {
    /// What was being read, e.g. `competence`.
    pub what: &'static str,
    /// What stood there.
    pub found: String,
    /// Every word that may stand there, separated by commas.
    pub expected: String,
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$item_doc:meta])* $item:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize,
        )]
        pub enum $name { $($(#[$item_doc])* #[serde(rename = $word)] $item,)+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$item,)+];

            /// The one spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$item => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::vocabulary::UnknownWord;
            fn from_str(text: &str) -> Result<Self, $crate::vocabulary::UnknownWord> {
                let word = text.trim().to_lowercase();
                Self::ALL.iter().copied().find(|item| item.as_str() == word).ok_or_else(|| $crate::vocabulary::UnknownWord {
                    what: $what,
                    found: text.trim().to_owned(),
                    expected: Self::ALL.iter().map(|item| item.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

pub(crate) use vocabulary;

/// Reads words separated by spaces or commas: how lists are written in files and columns.
pub(crate) fn words<T: FromStr>(text: &str) -> Result<Vec<T>, T::Err> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    words.filter(|word| !word.is_empty()).map(str::parse).collect()
}

/// Writes words as lists of them are written in files and columns.
pub fn written<T: Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

vocabulary!(
    /// What has happened: the type of an incident, which picks its policy.
    EventType, "event type" {
        /// Suspected cardiac arrest.
        CardiacArrest = "cardiac_arrest",
        /// Road, work or leisure accident with injured people.
        Accident = "accident",
        /// Fire in a building, vehicle or forest.
        Fire = "fire",
        /// A person is missing.
        MissingPerson = "missing_person",
        /// People have to leave an area.
        Evacuation = "evacuation",
        /// An injured animal is to be found (eftersök).
        AnimalSearch = "animal_search",
        /// Anything else.
        Other = "other",
    }
);

vocabulary!(
    /// What a volunteer can do, proven by a certificate that may expire.
    CompetenceKind, "competence" {
        /// Cardiopulmonary resuscitation with an AED (HLR).
        Cpr = "cpr",
        /// First aid.
        FirstAid = "first_aid",
        /// Licensed health care: nurse, doctor, ambulance crew off duty.
        Healthcare = "healthcare",
        /// Firefighter, also part-time and IVPA.
        Firefighter = "firefighter",
        /// Search for missing people.
        Search = "search",
        /// Tracking of injured animals (eftersök).
        AnimalTracking = "animal_tracking",
        /// Mountain rescue (fjällräddning).
        MountainRescue = "mountain_rescue",
        /// Sea and lake rescue.
        SeaRescue = "sea_rescue",
        /// Takes people or goods along: taxi, postman, anyone with a vehicle and a licence.
        Driver = "driver",
        /// Civil defence and voluntary resource groups (FRG).
        CivilDefence = "civil_defence",
        /// May drive a snowmobile (förarbevis för terrängskoter, or an older driving licence).
        SnowmobileLicence = "snowmobile_licence",
        /// May drive a boat that asks for it (förarintyg).
        BoatLicence = "boat_licence",
    }
);

vocabulary!(
    /// A season that begins and ends with the weather; the board says which is on.
    Season, "season" {
        /// Snow on the ground: by law no snowmobile is driven without (terrängkörningslagen).
        Snow = "snow",
        /// Ice that bears.
        Ice = "ice",
        /// Water without ice.
        OpenWater = "open_water",
    }
);

vocabulary!(
    /// How a volunteer travels.
    Mode, "mode of transport" {
        /// On foot.
        Foot = "foot",
        /// By bicycle.
        Bicycle = "bicycle",
        /// By car.
        Car = "car",
        /// By snowmobile.
        Snowmobile = "snowmobile",
        /// By boat.
        Boat = "boat",
    }
);

vocabulary!(
    /// A language Certus writes to its users in.
    Language, "language" {
        /// Swedish, the default.
        Swedish = "sv",
        /// English.
        English = "en",
    }
);

vocabulary!(
    /// The kinds of organisation that the inquiry names (SOU 2008:97, 7.5).
    OrganisationKind, "kind of organisation" {
        /// Fire crew that goes while waiting for the ambulance (I väntan på ambulans).
        Ivpa = "ivpa",
        /// Sea rescue.
        SeaRescue = "sea_rescue",
        /// Mountain rescue.
        MountainRescue = "mountain_rescue",
        /// Voluntary resource group.
        Frg = "frg",
        /// Search group after injured animals.
        AnimalSearch = "animal_search",
        /// The Red Cross.
        RedCross = "red_cross",
        /// Civil defence association.
        CivilDefence = "civil_defence",
        /// Pensioners' organisation.
        Pensioners = "pensioners",
        /// Parish or church organisation.
        Church = "church",
        /// Village group.
        Village = "village",
        /// Rural postmen.
        Post = "post",
        /// Newspaper carriers.
        Newspaper = "newspaper",
        /// Taxi.
        Taxi = "taxi",
        /// Coast guard.
        CoastGuard = "coast_guard",
        /// Any other.
        Other = "other",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_is_answered_with_those_that_are_known() {
        let error = "moped".parse::<Mode>().unwrap_err();
        let expected =
            "'moped' is no mode of transport; expected one of foot, bicycle, car, snowmobile, boat";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn json_and_text_spell_a_word_the_same() {
        for event in EventType::ALL {
            assert_eq!(serde_json::to_string(event).unwrap(), format!("\"{event}\""));
        }
    }
}
