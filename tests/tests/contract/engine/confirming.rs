//! Keepers are asked about what they keep, once by however many nodes, and their OK confirms it.

use certus_dispatcher::confirming::Pass;
use certus_registry::audit::Actor;
use certus_registry::resource::{Confirmation, Location};
use certus_registry::vocabulary::OrganisationKind;
use certus_registry::{
    Contact, ContactId, Organisation, OrganisationId, Remit, Resource, ResourceId, ResourceKind,
};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use super::conversation::{FIRST, first, texts_to_first, write};
use super::*;

const TODAY: Date = date(2026, 11, 24);
/// The phone of an organisation's contact.
const CONTACT: &str = "+46701740605";

#[tokio::test]
async fn a_keeper_is_asked_once_and_once_more_when_the_confirmation_has_lapsed_and_an_ok_confirms_it() {
    for fresh in databases::both().await {
        let (mut one, two, clock) = two_nodes(&fresh, 2).await;
        let lapses = TODAY.checked_add(3.days()).unwrap();
        let on = Some(lapses.checked_sub(6.months()).unwrap());
        keep(&fresh.db, "AED-1", Location::Keeper(first(&one)), on).await;
        keep(&fresh.db, "AED-2", Location::Keeper(first(&one)), Some(TODAY)).await;
        for today in [TODAY, TODAY, lapses, lapses.tomorrow().unwrap(), date(2027, 1, 1)] {
            let (a, b) = tokio::join!(asked(&one, &clock, today), asked(&two, &clock, today));
            assert!(a + b <= 1, "{}: {today} by both", fresh.name);
        }
        let question = "Certus: finns hjärtstartaren AED-1 kvar och i ordning? Svara OK.";
        assert_eq!(texts_to_first(&fresh.db).await, [question; 2], "{}", fresh.name);
        clock.advance(Duration::from_secs(1));
        write(&fresh.db, &clock, "ok", "Ok!").await;
        write(&fresh.db, &clock, "ok again", "OK").await;
        while one.engine.settle_due().await.unwrap() {}
        let by = Some(Actor::Volunteer(first(&one)));
        let expected = Some(Confirmation { on: TODAY, by });
        assert_eq!(confirmed(&fresh.db, "AED-1").await, expected, "{}", fresh.name);
        let texts = texts_to_first(&fresh.db).await;
        assert_eq!(texts[2..], ["Tack! Det är antecknat i dag: AED-1."], "{}: and once", fresh.name);
        let log = registry::audit::about(&fresh.db, first(&one), 9).await.unwrap();
        let log: Vec<_> =
            log.iter().map(|entry| (entry.line.action.as_str(), entry.line.detail.as_str())).collect();
        assert_eq!(log, [("resource.confirmed", "AED-1")], "{}", fresh.name);
        assert_eq!(asked(&one, &clock, TODAY).await, 0, "{}", fresh.name);
    }
}

#[tokio::test]
async fn an_ok_in_an_alarm_is_about_the_alarm_and_one_after_a_channel_test_is_asked_for_again() {
    for fresh in databases::both().await {
        let (mut one, _, clock) = two_nodes(&fresh, 2).await;
        keep(&fresh.db, "AED-1", Location::Keeper(first(&one)), None).await;
        assert_eq!(asked(&one, &clock, TODAY).await, 1, "{}", fresh.name);
        let incident = raise(&mut one).await;
        write(&fresh.db, &clock, "in the alarm", "OK").await;
        while one.engine.settle_due().await.unwrap() {}
        assert_eq!(
            confirmed(&fresh.db, "AED-1").await,
            None,
            "{}: it is no word about the thing",
            fresh.name
        );
        one.engine.apply(incident.id, Event::Closed, &[]).await.unwrap();
        clock.advance(Duration::from_secs(1));
        let mut tx = fresh.db.begin().await.unwrap();
        certus_dispatcher::channel_test::begin(&mut tx, clock.now(), "by hand", Duration::from_hours(1))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        while one.engine.settle_due().await.unwrap() {}
        for (word, expected) in [("for the test?", None), ("for the thing", Some(TODAY))] {
            clock.advance(Duration::from_secs(1));
            write(&fresh.db, &clock, word, "ok").await;
            while one.engine.settle_due().await.unwrap() {}
            let on = confirmed(&fresh.db, "AED-1").await.map(|confirmed| confirmed.on);
            assert_eq!(on, expected, "{} {word}", fresh.name);
        }
        let texts = texts_to_first(&fresh.db).await;
        let questions = texts.iter().filter(|text| text.contains("AED-1 kvar")).count();
        assert_eq!(questions, 2, "{}: {texts:?}", fresh.name);
    }
}

#[tokio::test]
async fn an_organisations_contact_answers_for_what_it_has_somewhere_until_they_write_stopp() {
    for fresh in databases::both().await {
        let (mut one, _, clock) = two_nodes(&fresh, 1).await;
        let contact = contact(&fresh.db).await;
        let at = Location::Fixed(Position::new(63.3, 13.4).unwrap());
        keep(&fresh.db, "AED-1", at, None).await;
        keep(&fresh.db, "AED-2", at, None).await;
        assert_eq!(asked(&one, &clock, TODAY).await, 1, "{}: one text for both", fresh.name);
        write_as(&fresh.db, &clock, "ok", "OK").await;
        write_as(&fresh.db, &clock, "stop", "STOPP").await;
        while one.engine.settle_due().await.unwrap() {}
        let expected = Some(Confirmation { on: TODAY, by: Some(Actor::Contact(contact)) });
        for code in ["AED-1", "AED-2"] {
            assert_eq!(confirmed(&fresh.db, code).await, expected, "{} {code}", fresh.name);
        }
        assert_eq!(asked(&one, &clock, date(2028, 1, 1)).await, 0, "{}: they want nothing", fresh.name);
        let outcomes = outcomes(&fresh.db).await;
        assert_eq!(outcomes, ["confirmed", "duty"], "{}", fresh.name);
    }
}

#[tokio::test]
async fn nobody_is_asked_who_has_written_stopp_nor_about_what_is_gone() {
    for fresh in databases::both().await {
        let (one, _, clock) = two_nodes(&fresh, 2).await;
        let other = one.app.engine.roster().by_phone(&"+99910000001".parse().unwrap()).unwrap().id;
        keep(&fresh.db, "AED-1", Location::Keeper(first(&one)), None).await;
        keep(&fresh.db, "AED-2", Location::Keeper(other), None).await;
        keep(&fresh.db, "AED-3", Location::Keeper(other), None).await;
        let mut tx = fresh.db.begin().await.unwrap();
        registry::volunteer::set_duty(&mut tx, Remit::All, NOON, first(&one), Duty::Stopped).await.unwrap();
        tx.commit().await.unwrap();
        let gone = registry::resource::by_code(&fresh.db, Remit::All, &"AED-3".parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        let mut tx = fresh.db.begin().await.unwrap();
        let retired = Resource { retired: Some(TODAY), ..gone };
        registry::resource::put(&mut tx, Remit::All, NOON, &retired).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(asked(&one, &clock, TODAY).await, 1, "{}", fresh.name);
        assert!(texts_to_first(&fresh.db).await.is_empty(), "{}: {FIRST} wants nothing", fresh.name);
    }
}

async fn asked(node: &Node, clock: &ManualClock, today: Date) -> usize {
    let app = &node.app;
    Pass { db: &app.db, random: &app.random, now: clock.now(), today }.run().await.unwrap()
}

async fn keep(db: &Database, code: &str, location: Location, on: Option<Date>) {
    let id = ResourceId::new(NOON, &Random::from_seed(code.bytes().map(u64::from).sum()));
    let organisation =
        registry::organisation::all(db, Remit::All).await.unwrap().first().map(|known| known.id);
    let confirmed = on.map(|on| Confirmation { on, by: None });
    let thing = Resource::new(
        id,
        code.parse().unwrap(),
        ResourceKind::AED,
        location,
        certus_registry::County::DEFAULT,
    );
    let mut tx = db.begin().await.unwrap();
    let thing = Resource { organisation, confirmed, ..thing };
    registry::resource::put(&mut tx, Remit::All, NOON, &thing).await.unwrap();
    tx.commit().await.unwrap();
}

async fn confirmed(db: &Database, code: &str) -> Option<Confirmation> {
    registry::resource::by_code(db, Remit::All, &code.parse().unwrap()).await.unwrap().unwrap().confirmed
}

/// An organisation with one contact.
async fn contact(db: &Database) -> ContactId {
    let random = Random::from_seed(77);
    let (id, organisation) = (ContactId::new(NOON, &random), OrganisationId::new(NOON, &random));
    let (name, kind) = ("Byalaget".parse().unwrap(), OrganisationKind::Village);
    let (anna, phone) = ("Anna".parse().unwrap(), CONTACT.parse().unwrap());
    let mut tx = db.begin().await.unwrap();
    registry::organisation::put(
        &mut tx,
        Remit::All,
        NOON,
        &Organisation { id: organisation, name, kind, county: certus_registry::County::DEFAULT },
    )
    .await
    .unwrap();
    let contact = Contact { id, organisation, name: anna, phone, email: None, stopped_at: None };
    registry::contact::add(&mut tx, Remit::All, NOON, &contact).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn write_as(db: &Database, clock: &ManualClock, provider_id: &str, body: &str) {
    let reply = NewInbound {
        gateway: "test".to_owned(),
        provider_id: provider_id.to_owned(),
        from: CONTACT.parse().unwrap(),
        body: body.to_owned(),
        answers: None,
        received_at: clock.now(),
    };
    inbox::receive(db, &reply).await.unwrap();
}

async fn outcomes(db: &Database) -> Vec<String> {
    const SQL: &str = "SELECT outcome FROM bridge_inbox ORDER BY id";
    on!(db, c => sqlx::query_scalar(SQL).fetch_all(c).await.unwrap())
}
