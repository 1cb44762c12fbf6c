//! The registry's store and exchange, on both databases.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod accounts;
mod api_keys;
mod applications;
mod audit;
mod calendars;
mod catalogue;
mod claims;
mod counties;
mod exchange;
mod identities;
mod likeness;
mod organisations;
mod passkeys;
mod people;
mod phone_codes;
mod resources;
mod sealing;
mod things;
mod vetting;

use certus_registry::availability::Holidays;
use certus_registry::volunteer::{Competence, Day, Vetting, parse_day};
use certus_registry::{
    Availability, CompetenceKind, Database, Duty, Language, Mode, Position, Random, Remit, Timestamp,
    Volunteer, VolunteerId, WeeklyHours, store,
};
use certus_tests::databases::{self, Fresh};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

/// Both databases, each as it is and sealed.
async fn registries() -> [Fresh; 4] {
    let all = databases::all().await;
    for fresh in &all {
        with_key(fresh).await;
    }
    all
}

/// Both databases with a data key.
async fn sealed() -> [Fresh; 2] {
    let both = databases::both().await.map(Fresh::sealed);
    for fresh in &both {
        with_key(fresh).await;
    }
    both
}

async fn with_key(fresh: &Fresh) {
    store::sealing::check(&fresh.db, NOW, &[]).await.unwrap();
}

/// A volunteer whose fields are all filled in; `n` makes the phone and the identifier.
fn person(n: u32) -> Volunteer {
    Volunteer {
        id: VolunteerId::new(NOW, &Random::from_seed(u64::from(n))),
        name: format!("Märta Åsén-{n}").parse().unwrap(),
        birth_year: Some(1971.try_into().unwrap()),
        phone: format!("+4670{:07}", 1_000_000 + n).parse().unwrap(),
        languages: vec![Language::English, Language::Swedish],
        competences: vec![
            Competence { kind: CompetenceKind::Cpr, expires: Some(day("2027-05-01")) },
            Competence { kind: CompetenceKind::Driver, expires: None },
        ],
        modes: vec![Mode::Snowmobile, Mode::Foot],
        home: Some(Position::new(63.179_200_000_000_01, 14.635_66).unwrap()),
        duty: Duty::ON,
        availability: Availability {
            hours: "mon-fri 07-23; sat,sun 22-06".parse().unwrap(),
            holidays: Holidays::AsSunday,
            nights: false,
            exceptions: "no 2026-12-24T00:00/2026-12-27T00:00 Åre; yes 2026-12-30T22:00/2026-12-31T06:00"
                .parse()
                .unwrap(),
            monthly_max: Some(4.try_into().unwrap()),
        },
        vetting: Vetting::Approved { until: day("2027-12-31") },
        organisation: None,
        county: certus_registry::County::DEFAULT,
    }
}

/// A volunteer with nothing that can be left out.
fn bare_person(n: u32) -> Volunteer {
    Volunteer {
        birth_year: None,
        competences: Vec::new(),
        home: None,
        duty: Duty::OFF,
        availability: Availability::within(WeeklyHours::NEVER),
        vetting: Vetting::Applied,
        ..person(n)
    }
}

fn day(text: &str) -> Day {
    parse_day(text).unwrap()
}

async fn put_all(db: &Database, people: &[Volunteer]) -> Vec<store::Change> {
    let mut tx = db.begin().await.unwrap();
    let changes = store::volunteer::put_many(&mut tx, Remit::All, NOW, people).await.unwrap();
    tx.commit().await.unwrap();
    changes
}
