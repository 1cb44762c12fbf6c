//! Personal data encrypted at rest: what the tables show, the first key and the next one, and what is refused.

use super::*;
use certus_registry::account::{Account, Password, PasswordHash, Role};
use certus_registry::certificate::{CertificateFile, CertificateId};
use certus_registry::error::KeyError;
use certus_registry::organisation::Contact;
use certus_registry::phone_code::Purpose;
use certus_registry::seal::{Master, Place, file};
use certus_registry::vocabulary::OrganisationKind;
use certus_registry::{
    AccountId, ContactId, Organisation, OrganisationId, Phone, RegistryError, SecretHash, on,
};
use store::phone_code::NewCode;
use store::sealing::{self, Moved, Why};
use store::{account, application, contact, organisation, phone_code, volunteer};

/// What must be in no column of a sealed database: a name, digits of every phone, an e-mail, a home, a file's beginning in base64.
const SHOWN: [&str; 7] = ["Märta", "Åsén", "701000", "701999", "cilla@", "63.179", "JVBERi"];

fn phone() -> Phone {
    "+46701999001".parse().unwrap()
}

fn kept(seed: u64) -> OrganisationId {
    OrganisationId::new(NOW, &Random::from_seed(seed))
}

/// Something in every column that may be sealed.
async fn fill(db: &Database) {
    put_all(db, &[person(1), bare_person(2)]).await;
    let mut tx = db.begin().await.unwrap();
    let county = certus_registry::County::DEFAULT;
    let kind = OrganisationKind::Village;
    let village = Organisation { id: kept(1), name: "Byalaget".parse().unwrap(), kind, county };
    organisation::put(&mut tx, Remit::All, NOW, &village).await.unwrap();
    contact::add(&mut tx, Remit::All, NOW, &village_contact(1)).await.unwrap();
    let file = CertificateFile::read(b"%PDF-1.7 of Cilla\n%%EOF\n".to_vec()).unwrap();
    application::add_certificate(&mut tx, NOW, certificate(), person(1).id, &file).await.unwrap();
    let (browser, code) = (SecretHash::of("browser"), SecretHash::of("code"));
    let new =
        NewCode { browser: &browser, phone: &phone(), purpose: Purpose::OwnPage, code: &code, address: None };
    assert!(phone_code::ask(&mut tx, NOW, new).await.unwrap());
    account::insert(&mut tx, &official(), &password()).await.unwrap();
    tx.commit().await.unwrap();
}

fn village_contact(seed: u64) -> Contact {
    Contact {
        id: ContactId::new(NOW, &Random::from_seed(seed)),
        organisation: kept(1),
        name: "Märta Ek".parse().unwrap(),
        phone: phone(),
        email: Some("cilla@example.org".parse().unwrap()),
        stopped_at: None,
    }
}

fn certificate() -> CertificateId {
    CertificateId::new(NOW, &Random::from_seed(1))
}

fn official() -> Account {
    Account {
        id: AccountId::new(NOW, &Random::from_seed(1)),
        login: "marta".parse().unwrap(),
        name: "Märta Lund".parse().unwrap(),
        roles: vec![Role::Board],
        remit: Remit::All,
        must_change: false,
        created_at: NOW,
        disabled_at: None,
    }
}

fn password() -> PasswordHash {
    Password::typed("one").hash(&Random::from_seed(1)).unwrap()
}

/// Everything that was put reads back by every way to it.
async fn reads_back(db: &Database, name: &str) {
    let both = [person(1), bare_person(2)];
    for person in &both {
        assert_eq!(volunteer::get(db, Remit::All, person.id).await.unwrap().as_ref(), Some(person), "{name}");
        let found = volunteer::by_phone(db, Remit::All, &person.phone).await.unwrap();
        assert_eq!(found.as_ref(), Some(person), "{name}");
    }
    let filter = volunteer::Filter { text: "åsén", ..volunteer::Filter::default() };
    assert_eq!(volunteer::search(db, Remit::All, filter, None, 9).await.unwrap(), both, "{name}");
    assert_eq!(contact::by_phone(db, &phone()).await.unwrap(), [village_contact(1)], "{name}");
    let held = application::certificate(db, Remit::All, person(1).id, certificate()).await.unwrap().unwrap();
    assert!(held.bytes().starts_with(b"%PDF-1.7 of Cilla"), "{name}");
    let held = account::get(db, Remit::All, official().id).await.unwrap();
    assert_eq!(held, Some(official()), "{name}");
}

/// Moves everything to the newest key; how many rows there were.
async fn moved(db: &Database) -> u64 {
    moved_at(db, NOW).await
}

async fn moved_at(db: &Database, now: Timestamp) -> u64 {
    let mut rows = 0;
    loop {
        let mut tx = db.begin().await.unwrap();
        let moved = sealing::advance(&mut tx, now, &[]).await.unwrap();
        tx.commit().await.unwrap();
        match moved {
            Moved::Some(some) => rows += some,
            Moved::All => return rows,
        }
    }
}

async fn begun(db: &Database, why: Why) -> Result<i64, RegistryError> {
    let mut tx = db.begin().await.unwrap();
    let number = sealing::begin(&mut tx, NOW, why).await?;
    tx.commit().await.unwrap();
    Ok(number)
}

#[tokio::test]
async fn the_tables_show_no_name_no_number_no_home_and_no_file() {
    for fresh in sealed().await {
        fill(&fresh.db).await;
        let all = fresh.everything().await;
        for shown in SHOWN {
            assert!(!all.contains(shown), "{}: {shown}", fresh.name);
        }
        assert!(all.contains("sealed:1:") && all.contains("hashed:1:"), "{}", fresh.name);
        reads_back(&fresh.db, fresh.name).await;
    }
    for fresh in databases::both().await {
        fill(&fresh.db).await;
        let all = fresh.everything().await;
        for shown in SHOWN {
            assert!(all.contains(shown), "the same look finds it where nothing is sealed: {shown}");
        }
    }
}

#[tokio::test]
async fn what_was_there_before_the_key_is_sealed_and_nothing_is_lost() {
    for fresh in databases::both().await {
        fill(&fresh.db).await;
        let plain = fresh.again(Random::from_seed(3)).await;
        let fresh = fresh.sealed();
        let refused = sealing::check(&fresh.db, NOW, &[]).await;
        assert!(matches!(refused, Err(RegistryError::Key(KeyError::NotSealed))), "{refused:?}");
        assert_eq!(begun(&fresh.db, Why::Seal).await.unwrap(), 1, "{}", fresh.name);
        let refused = sealing::check(&fresh.again(Random::from_seed(4)).await, NOW, &[]).await;
        assert!(matches!(refused, Err(RegistryError::Key(KeyError::HalfSealed))), "{refused:?}");
        reads_back(&fresh.db, fresh.name).await;
        assert_eq!(begun(&fresh.db, Why::Seal).await.unwrap(), 1, "it goes on");
        assert_eq!(moved(&fresh.db).await, 6, "{}", fresh.name);
        sealing::check(&fresh.db, NOW, &[]).await.unwrap();
        reads_back(&fresh.db, fresh.name).await;
        let all = fresh.everything().await;
        assert!(SHOWN.iter().all(|shown| !all.contains(shown)), "{}", fresh.name);
        let refused = volunteer::by_phone(&plain, Remit::All, &person(1).phone).await;
        assert!(matches!(refused, Err(RegistryError::Key(KeyError::NoFile))), "{refused:?}");
        let refused = begun(&fresh.db, Why::Seal).await;
        assert!(matches!(refused, Err(RegistryError::Key(KeyError::SealedAlready))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_key_is_rotated_while_another_node_reads_finds_and_writes() {
    for fresh in sealed().await {
        fill(&fresh.db).await;
        let other = fresh.again(Random::from_seed(5)).await;
        reads_back(&other, fresh.name).await;
        file::append(fresh.key_file.as_ref().unwrap(), &Master::draw(&Random::from_seed(6))).unwrap();
        assert_eq!(begun(&fresh.db, Why::Rotate).await.unwrap(), 2, "{}", fresh.name);
        // Nothing is moved yet: whoever writes does so under the new key, and nobody is there twice.
        put_all(&other, &[person(3)]).await;
        let twice = Volunteer { phone: person(1).phone, ..person(4) };
        let mut tx = other.begin().await.unwrap();
        let refused = volunteer::put(&mut tx, Remit::All, NOW, &twice).await;
        assert!(matches!(refused, Err(RegistryError::Taken { what: "phone" })), "{refused:?}");
        drop(tx);
        let mut tx = other.begin().await.unwrap();
        let refused = contact::add(&mut tx, Remit::All, NOW, &village_contact(2)).await;
        assert!(matches!(refused, Err(RegistryError::Taken { what: "contact's phone" })), "{refused:?}");
        drop(tx);
        let mut tx = other.begin().await.unwrap();
        assert!(volunteer::by_phone_within(&mut tx, &person(1).phone).await.unwrap().is_some());
        drop(tx);
        assert_eq!(begun(&fresh.db, Why::Rotate).await.unwrap(), 2, "one that was begun goes on");
        assert_eq!(moved(&fresh.db).await, 6, "{}", fresh.name);
        let third = fresh.again(Random::from_seed(7)).await;
        let mut tx = third.begin().await.unwrap();
        assert!(volunteer::by_phone_within(&mut tx, &person(3).phone).await.unwrap().is_some());
        volunteer::erase(&mut tx, NOW, person(3).id).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        for db in [&fresh.db, &other, &third] {
            reads_back(db, fresh.name).await;
        }
        let all = fresh.everything().await;
        assert!(!all.contains("sealed:1:") && !all.contains("hashed:1:"), "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_node_that_knew_the_key_before_finds_people_once_all_is_moved() {
    for fresh in sealed().await {
        fill(&fresh.db).await;
        let other = fresh.again(Random::from_seed(5)).await;
        sealing::check(&other, NOW, &[]).await.unwrap();
        begun(&fresh.db, Why::Rotate).await.unwrap();
        moved(&fresh.db).await;
        assert!(volunteer::by_phone(&other, Remit::All, &person(1).phone).await.unwrap().is_some());
        let another = fresh.again(Random::from_seed(6)).await;
        assert_eq!(contact::by_phone(&another, &phone()).await.unwrap().len(), 1, "{}", fresh.name);
        let mut tx = other.begin().await.unwrap();
        let (browser, code) = (SecretHash::of("browser"), SecretHash::of("code"));
        let typed = phone_code::redeem(&mut tx, NOW, &browser, Purpose::OwnPage, &code).await.unwrap();
        assert_eq!(typed, phone_code::Typed::Right(phone()), "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_key_that_is_left_opens_for_a_day_more_and_under_the_newest_master_key_alone() {
    const NUMBERS: &str = "SELECT number FROM seal_key ORDER BY number";
    for fresh in sealed().await {
        let other = fresh.again(Random::from_seed(5)).await;
        sealing::check(&other, NOW, &[]).await.unwrap();
        let place = Place { column: "elsewhere.text", row: "1" };
        let late = other.sealer().text(place, "Märta");
        let newest = Master::draw(&Random::from_seed(6));
        file::append(fresh.key_file.as_ref().unwrap(), &newest).unwrap();
        assert_eq!(begun(&fresh.db, Why::Rotate).await.unwrap(), 2, "{}", fresh.name);
        moved(&fresh.db).await;
        assert!(sealing::renewed(&other).await.unwrap() && other.sealer().number() == 2, "{}", fresh.name);
        assert!(!sealing::renewed(&other).await.unwrap(), "{}", fresh.name);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("newest.key");
        file::create(&path, &newest).unwrap();
        let third = Database::open(&fresh.url).await.unwrap().with_key_file(path, Random::from_seed(7));
        sealing::check(&third, NOW, &[]).await.unwrap();
        let seal = sealing::known(&third, [1].into_iter()).await.unwrap();
        assert_eq!(seal.open(1, place, &late).as_deref(), Ok("Märta"), "{}", fresh.name);
        for (number, at, left) in [(3, NOW, vec![1, 2, 3]), (4, NOW + sealing::LEFT_KEPT, vec![3, 4])] {
            assert_eq!(begun(&third, Why::Rotate).await.unwrap(), number, "{}", fresh.name);
            moved_at(&third, at).await;
            let numbers: Vec<i64> = on!(third, c => sqlx::query_scalar(NUMBERS).fetch_all(c).await.unwrap());
            assert_eq!(numbers, left, "{}", fresh.name);
        }
        let mut tx = fresh.db.begin().await.unwrap();
        sealing::renewed_within(&mut tx).await.unwrap();
        assert_eq!(tx.sealer().number(), 4, "{}", fresh.name);
        let seal = sealing::known_within(&mut tx, [3, 4].into_iter()).await.unwrap();
        assert_eq!(seal.open(4, place, &tx.sealer().text(place, "Åsa")).as_deref(), Ok("Åsa"));
    }
}

#[tokio::test]
async fn a_value_that_was_moved_to_another_row_does_not_open() {
    for fresh in sealed().await {
        fill(&fresh.db).await;
        let mut tx = fresh.db.begin().await.unwrap();
        let (from, to) = (person(1).id.to_string(), person(2).id.to_string());
        let sql = "UPDATE volunteer SET name = (SELECT name FROM volunteer WHERE id = $1) WHERE id = $2";
        on!(tx, c => sqlx::query(sql).bind(from).bind(to).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let error = volunteer::get(&fresh.db, Remit::All, person(2).id).await.unwrap_err().to_string();
        assert!(error.contains("it does not open: it was changed, or moved here"), "{error}");
    }
}

#[tokio::test]
async fn without_its_key_file_a_sealed_database_is_refused_and_another_file_is_named() {
    for fresh in sealed().await {
        let plain = Database::open(&fresh.url).await.unwrap();
        let refused = sealing::check(&plain, NOW, &[]).await;
        assert!(matches!(refused, Err(RegistryError::Key(KeyError::NoFile))), "{refused:?}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.key");
        file::create(&path, &Master::draw(&Random::from_seed(9))).unwrap();
        let other = plain.with_key_file(path, Random::from_seed(1));
        let refused = sealing::check(&other, NOW, &[]).await.unwrap_err().to_string();
        let expected = format!(
            "expected a line with the master key that is called {}",
            Master::draw(&Random::from_seed(1)).name()
        );
        assert!(
            refused.contains("other.key does not open data key 1") && refused.contains(&expected),
            "{refused}"
        );
        let refused = begun(&fresh.db, Why::Seal).await;
        assert!(matches!(refused, Err(RegistryError::Key(KeyError::SealedAlready))), "{refused:?}");
    }
    for fresh in databases::both().await {
        let refused = begun(&fresh.db, Why::Seal).await;
        assert!(matches!(refused, Err(RegistryError::Key(KeyError::FileWanted))), "{refused:?}");
        let refused = begun(&fresh.db, Why::Rotate).await;
        assert!(matches!(refused, Err(RegistryError::Key(KeyError::NothingSealed))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_list_shows_at_once_what_any_node_wrote() {
    for fresh in registries().await {
        let other = fresh.again(Random::from_seed(8)).await;
        let names = async || {
            let mut names = Vec::new();
            for db in [&fresh.db, &other] {
                let people = volunteer::search(db, Remit::All, volunteer::Filter::default(), None, 9).await;
                names.push(
                    people.unwrap().iter().map(|person| person.name.as_str().to_owned()).collect::<Vec<_>>(),
                );
            }
            assert_eq!(names[0], names[1], "{}", fresh.name);
            names.remove(0)
        };
        assert!(names().await.is_empty());
        put_all(&fresh.db, &[person(1), person(2)]).await;
        assert_eq!(names().await, ["Märta Åsén-1", "Märta Åsén-2"]);
        put_all(&other, &[Volunteer { name: "Zara".parse().unwrap(), ..person(1) }]).await;
        assert_eq!(names().await, ["Märta Åsén-2", "Zara"]);
        let mut tx = other.begin().await.unwrap();
        volunteer::erase(&mut tx, NOW, person(2).id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(names().await, ["Zara"]);
        put_all(&fresh.db, &[person(2)]).await;
        assert_eq!(names().await, ["Märta Åsén-2", "Zara"], "there again");
        let applied = volunteer::Filter { vetting: volunteer::state("suspended"), ..Default::default() };
        assert_eq!(volunteer::count_of(&other, Remit::All, applied).await.unwrap(), 0);
        put_all(&fresh.db, &[Volunteer { vetting: Vetting::Suspended, ..person(2) }]).await;
        assert_eq!(volunteer::count_of(&other, Remit::All, applied).await.unwrap(), 1);
    }
}
