//! Two counties in one registry: whoever keeps one finds and writes nothing of the other.

use super::*;
use certus_registry::audit::{Action, Actor, Line};
use certus_registry::organisation::Contact;
use certus_registry::resource::Location;
use certus_registry::vocabulary::OrganisationKind;
use certus_registry::{
    ContactId, County, Organisation, OrganisationId, RegistryError, Remit, Resource, ResourceId,
    ResourceKind, SecretHash, on,
};
use store::vetting::TakeError;
use store::{account, audit, contact, likeness, organisation, resource, vetting, volunteer};

/// Who is written of in both counties: a person and their organisation and thing.
struct Part {
    county: Remit,
    list: Remit,
    person: Volunteer,
    organisation: Organisation,
    thing: Resource,
    contact: Contact,
}

fn part(n: u32, code: &str) -> Part {
    let (county, random) = (code.parse::<County>().unwrap(), Random::from_seed(u64::from(n) + 500));
    let (name, kind) = (format!("Byalaget {n}").parse().unwrap(), OrganisationKind::Village);
    let organisation = Organisation { id: OrganisationId::new(NOW, &random), name, kind, county };
    let at = Location::Fixed(Position::new(63.0, 14.0).unwrap());
    let code = format!("AED-{n}").parse().unwrap();
    let listed = Some(organisation.id);
    let thing = Resource::new(ResourceId::new(NOW, &random), code, ResourceKind::AED, at, county);
    let contact = Contact {
        id: ContactId::new(NOW, &random),
        organisation: organisation.id,
        name: "Åke".parse().unwrap(),
        phone: person(n + 50).phone,
        email: None,
        stopped_at: None,
    };
    Part {
        county: Remit::County(county),
        list: Remit::Organisation(county, organisation.id),
        person: Volunteer { organisation: listed, county, ..bare_person(n) },
        thing: Resource { organisation: listed, ..thing },
        organisation,
        contact,
    }
}

/// Every database with both in it, each written under the remit of its own county.
async fn both() -> Vec<(Fresh, Part, Part)> {
    let mut all = Vec::new();
    for fresh in registries().await {
        let (own, other) = (part(1, "23"), part(2, "22"));
        for part in [&own, &other] {
            let mut tx = fresh.db.begin().await.unwrap();
            organisation::put(&mut tx, part.county, NOW, &part.organisation).await.unwrap();
            volunteer::put(&mut tx, part.list, NOW, &part.person).await.unwrap();
            resource::put(&mut tx, part.list, NOW, &part.thing).await.unwrap();
            contact::add(&mut tx, part.county, NOW, &part.contact).await.unwrap();
            tx.commit().await.unwrap();
        }
        all.push((fresh, own, other));
    }
    all
}

#[tokio::test]
async fn what_is_outside_a_remit_is_not_found() {
    for (fresh, own, other) in both().await {
        let (db, filter, name) = (&fresh.db, volunteer::Filter::default(), fresh.name);
        for remit in [own.county, own.list] {
            let (mine, theirs) = (&own.person, &other.person);
            assert_eq!(
                volunteer::all(db, remit).await.unwrap(),
                std::slice::from_ref(mine),
                "{name} {remit}"
            );
            assert_eq!(volunteer::page(db, remit, None, 9).await.unwrap(), std::slice::from_ref(mine));
            assert_eq!(
                volunteer::search(db, remit, filter, None, 9).await.unwrap(),
                std::slice::from_ref(mine)
            );
            assert_eq!(volunteer::count_of(db, remit, filter).await.unwrap(), 1);
            assert_eq!(volunteer::get(db, remit, mine.id).await.unwrap().as_ref(), Some(mine));
            assert_eq!(volunteer::get(db, remit, theirs.id).await.unwrap(), None);
            assert_eq!(volunteer::by_phone(db, remit, &theirs.phone).await.unwrap(), None);
            assert_eq!(likeness::faces(db, remit).await.unwrap().len(), 1);
            assert_eq!(resource::all(db, remit).await.unwrap(), std::slice::from_ref(&own.thing));
            assert_eq!(resource::get(db, remit, other.thing.id).await.unwrap(), None);
            assert_eq!(resource::by_code(db, remit, &other.thing.code).await.unwrap(), None);
            assert_eq!(resource::listed_by(db, remit, other.organisation.id).await.unwrap(), []);
            assert_eq!(organisation::all(db, remit).await.unwrap(), std::slice::from_ref(&own.organisation));
            assert_eq!(organisation::get(db, remit, other.organisation.id).await.unwrap(), None);
            assert_eq!(organisation::by_name(db, remit, "Byalaget 2").await.unwrap(), None);
            assert_eq!(contact::of(db, remit, own.organisation.id).await.unwrap().len(), 1);
            assert_eq!(contact::of(db, remit, other.organisation.id).await.unwrap(), []);
            let lengths = vetting::queue_lengths(db, remit, day("2026-11-26")).await.unwrap();
            assert_eq!(lengths.iter().map(|(_, count)| count).sum::<u64>(), 1);
            let (stage, today) = (lengths[0].0, day("2026-11-26"));
            let waiting = vetting::queue(db, remit, today, stage, None, 9).await.unwrap();
            assert_eq!(waiting.iter().map(|line| line.volunteer).collect::<Vec<_>>(), [mine.id]);
        }
        assert_eq!(volunteer::all(db, Remit::All).await.unwrap().len(), 2);
        assert_eq!(organisation::all(db, Remit::All).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn nothing_outside_a_remit_is_written_nor_anything_written_out_of_it() {
    for (fresh, own, other) in both().await {
        let beyond = |error: RegistryError| assert!(matches!(error, RegistryError::Beyond { .. }), "{error}");
        let mut tx = fresh.db.begin().await.unwrap();
        let tx = &mut tx;
        let theirs = Volunteer { name: "Bo".parse().unwrap(), ..other.person.clone() };
        let moved = Volunteer { county: other.person.county, ..own.person.clone() };
        let unlisted = Volunteer { organisation: None, ..own.person.clone() };
        beyond(volunteer::put(tx, own.county, NOW, &theirs).await.unwrap_err());
        beyond(volunteer::put(tx, own.county, NOW, &moved).await.unwrap_err());
        beyond(volunteer::put(tx, own.list, NOW, &unlisted).await.unwrap_err());
        // Nor is somebody drawn into it from outside.
        let drawn = Volunteer { county: own.person.county, ..other.person.clone() };
        beyond(volunteer::put(tx, own.county, NOW, &drawn).await.unwrap_err());
        let thing = Resource { county: own.thing.county, ..other.thing.clone() };
        beyond(resource::put(tx, own.county, NOW, &thing).await.unwrap_err());
        let taken = Organisation { county: own.organisation.county, ..other.organisation.clone() };
        beyond(organisation::put(tx, own.county, NOW, &taken).await.unwrap_err());
        beyond(organisation::put(tx, own.list, NOW, &other.organisation).await.unwrap_err());
        beyond(contact::add(tx, own.county, NOW, &other.contact).await.unwrap_err());
        for remit in [own.county, own.list] {
            let id = other.person.id;
            assert_eq!(volunteer::locked(tx, remit, id).await.unwrap(), None, "{}", fresh.name);
            assert!(!volunteer::set_duty(tx, remit, NOW, id, Duty::ON).await.unwrap());
            assert!(!volunteer::set_availability(tx, remit, NOW, id, &Availability::ALWAYS).await.unwrap());
            let secret = SecretHash::of("secret");
            assert!(!volunteer::set_position_token(tx, remit, NOW, id, &secret).await.unwrap());
            assert!(!likeness::hand_over(tx, remit, NOW, id, own.person.id).await.unwrap());
            let same = |thing: Resource| thing;
            assert_eq!(resource::change(tx, remit, NOW, other.thing.id, same).await.unwrap(), None);
            let gone = contact::remove(tx, remit, other.organisation.id, other.contact.id).await.unwrap();
            assert!(!gone);
            let by = certus_registry::AccountId::new(NOW, &Random::from_seed(3));
            let pair = likeness_pair(&own, &other);
            assert!(!likeness::tell_apart(tx, remit, NOW, by, pair).await.unwrap());
            let step = certus_registry::vetting::Step::Suspended;
            let taken = vetting::take(tx, remit, (NOW, day("2026-11-26")), id, by, step).await;
            assert!(matches!(taken, Err(TakeError::Unknown)), "{taken:?}");
        }
    }
}

fn likeness_pair(own: &Part, other: &Part) -> (VolunteerId, VolunteerId) {
    certus_registry::likeness::pair(own.person.id, other.person.id)
}

#[tokio::test]
async fn a_log_of_one_county_shows_what_its_people_and_nobody_else_are_concerned_by() {
    for (fresh, own, other) in both().await {
        let about = |who: &Part| vec![who.person.id];
        let lines = [
            (Actor::Console, Vec::new(), "the server's own"),
            (Actor::Console, about(&own), "ours"),
            (Actor::Console, about(&other), "theirs"),
            (Actor::Console, [about(&own), about(&other)].concat(), "both"),
        ];
        for (actor, about, detail) in lines {
            let mut tx = fresh.db.begin().await.unwrap();
            let line = Line::new(NOW, actor, Action::PeopleListed, detail);
            audit::append(&mut tx, Line { about, ..line }).await.unwrap();
            tx.commit().await.unwrap();
        }
        let seen = async |remit| {
            let entries = audit::page(&fresh.db, remit, None, 9).await.unwrap();
            entries.into_iter().map(|entry| entry.line.detail).collect::<Vec<_>>()
        };
        assert_eq!(seen(own.county).await, ["both", "ours", "the server's own"], "{}", fresh.name);
        assert_eq!(seen(other.county).await, ["both", "theirs", "the server's own"]);
        assert_eq!(seen(Remit::All).await.len(), 4);
    }
}

#[tokio::test]
async fn what_was_there_before_there_were_counties_is_of_the_installations() {
    const BEFORE: [&str; 3] = [
        "UPDATE volunteer SET county = ''",
        "UPDATE organisation SET county = ''",
        "UPDATE resource SET county = ''",
    ];
    for (fresh, own, _) in both().await {
        let mut tx = fresh.db.begin().await.unwrap();
        for sql in BEFORE {
            on!(tx, c => sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        }
        tx.commit().await.unwrap();
        assert!(volunteer::all(&fresh.db, Remit::All).await.is_err(), "{}", fresh.name);
        for (rows, revisions) in [(6, 1), (0, 0)] {
            let before = store::revision(&fresh.db).await.unwrap();
            let mut tx = fresh.db.begin().await.unwrap();
            assert_eq!(store::county::settle(&mut tx, own.person.county).await.unwrap(), rows);
            tx.commit().await.unwrap();
            assert_eq!(store::revision(&fresh.db).await.unwrap(), before + revisions);
        }
        assert_eq!(volunteer::all(&fresh.db, own.county).await.unwrap().len(), 2);
        assert_eq!(account::all(&fresh.db, own.county).await.unwrap(), []);
    }
}
