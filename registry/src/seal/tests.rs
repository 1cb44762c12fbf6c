use super::*;

const NAME: &str = "volunteer.name";
const PHONE: &str = "volunteer.phone";

fn random() -> Random {
    Random::from_seed(7)
}

fn place(row: &str) -> Place<'_> {
    Place { column: NAME, row }
}

fn seal(numbers: &[i64]) -> Seal {
    Seal::of(
        numbers.iter().map(|number| (*number, DataKey::draw(&Random::from_seed(number.unsigned_abs())))),
        false,
    )
}

#[test]
fn what_is_sealed_opens_where_it_stands_and_shows_nothing() {
    let seal = seal(&[1]);
    let stored = seal.seal(&random(), place("a"), "Märta Åsén");
    assert!(stored.starts_with("sealed:1:") && !stored.contains("Märta"), "{stored}");
    assert_eq!(seal.open(1, place("a"), &stored), Ok("Märta Åsén".to_owned()));
    let again = seal.seal(&Random::from_seed(8), place("a"), "Märta Åsén");
    assert_ne!(stored, again, "nobody sees that two are the same");
}

#[test]
fn moved_changed_or_under_another_key_it_does_not_open() {
    let one = seal(&[1]);
    let stored = one.seal(&random(), place("a"), "Märta");
    assert_eq!(one.open(1, place("b"), &stored), Err(OpenError::Broken), "another row");
    assert_eq!(
        one.open(1, Place { column: PHONE, row: "a" }, &stored),
        Err(OpenError::Broken),
        "another column"
    );
    let last = stored.len() - 1;
    let turned = if stored.ends_with('A') { 'B' } else { 'A' };
    for changed in [
        format!("{}{turned}", &stored[..last]),
        stored.replace(":1:", ":2:"),
        "Märta".to_owned(),
        String::new(),
    ] {
        assert_eq!(one.open(1, place("a"), &changed), Err(OpenError::Broken), "{changed}");
    }
    let other = Seal::of([(1, DataKey::draw(&Random::from_seed(99)))], false);
    assert_eq!(other.open(1, place("a"), &stored), Err(OpenError::Broken), "another key");
    assert_eq!(other.open(2, place("a"), &stored), Err(OpenError::NoKey(2)));
}

#[test]
fn nothing_is_sealed_without_a_key_and_nothing_plain_is_read_with_one() {
    let plain = Seal::plain();
    assert_eq!(plain.seal(&random(), place("a"), "Märta"), "Märta");
    assert_eq!(plain.open(PLAIN, place("a"), "Märta"), Ok("Märta".to_owned()));
    assert_eq!(plain.finders(PHONE, "+46701740605"), ["+46701740605", "+46701740605"]);
    assert!(plain.knows(PLAIN) && plain.is_plain());
    assert_eq!(seal(&[1]).open(PLAIN, place("a"), "Märta"), Err(OpenError::NotSealed));
}

#[test]
fn while_a_key_is_rotated_rows_of_both_are_read_and_found() {
    let (old, both) = (seal(&[1]), seal(&[1, 2]));
    let stored = old.seal(&random(), place("a"), "Märta");
    assert_eq!(both.open(1, place("a"), &stored), Ok("Märta".to_owned()));
    let [newest, before] = both.finders(PHONE, "+46701740605");
    assert_eq!(before, old.finder(PHONE, "+46701740605"));
    assert_eq!((newest, both.newest()), (both.finder(PHONE, "+46701740605"), 2));
    let after = seal(&[2]).after(&old);
    assert!(after.knows(1) && !after.knows(PLAIN) && after.newest() == 2);
    let sealing = Seal::of([(1, DataKey::draw(&random()))], true);
    assert_eq!(sealing.finders(PHONE, "+46701740605")[1], "+46701740605");
    assert_eq!(sealing.open(PLAIN, place("a"), "Märta"), Ok("Märta".to_owned()));
}

#[test]
fn a_phone_is_found_by_a_hash_of_its_own_in_each_table() {
    let seal = seal(&[3]);
    let hash = seal.finder(PHONE, "+46701740605");
    assert_eq!(hash, seal.finder(PHONE, "+46701740605"));
    assert!(hash.starts_with("hashed:3:") && !hash.contains("70174"), "{hash}");
    assert_ne!(hash, seal.finder("phone_code.phone", "+46701740605"));
    assert_ne!(hash, seal.finder(PHONE, "+46701740606"));
}

#[test]
fn a_data_key_is_unwrapped_by_its_master_key_alone() {
    let [old, new] = [1, 2].map(|seed| Master::draw(&Random::from_seed(seed)));
    let key = DataKey::draw(&random());
    let wrapped = old.wrap(&random(), 4, &key);
    let file = |masters: &[&Master]| {
        Masters::parse(&masters.iter().map(|master| master.line().to_string()).collect::<Vec<_>>().join("\n"))
            .unwrap()
    };
    let both = file(&[&old, &new]);
    assert_eq!(both.newest().name(), new.name());
    assert_eq!(both.unwrap(4, &wrapped).unwrap().secret(), key.secret());
    assert_eq!(both.unwrap(5, &wrapped).unwrap_err(), old.name(), "another number");
    assert_eq!(file(&[&new]).unwrap(4, &wrapped).unwrap_err(), old.name());
    assert_eq!(both.unwrap(4, "").unwrap_err(), "");
    assert!(!format!("{old:?} {key:?}").contains(&*old.line()));
}

#[test]
fn a_key_file_is_read_line_by_line() {
    use master::MastersError;
    let line = Master::draw(&random()).line();
    assert!(Masters::parse(&format!("# ours\n\n  {}  \n", line.as_str())).is_ok());
    assert_eq!(Masters::parse("# ours\n\n").unwrap_err(), MastersError::Empty);
    assert_eq!(Masters::parse("c2hvcnQ=").unwrap_err(), MastersError::Line(1));
    assert_eq!(Masters::parse(&format!("{}\nnot a key", line.as_str())).unwrap_err(), MastersError::Line(2));
}
