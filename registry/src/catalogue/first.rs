//! The kinds that are there from the start. They can be renamed and changed, and none can be taken away.

use super::{ConfirmedFor, Entry, Phrase, ResourceKind, Words};

/// One of them: its code; its name and the same in the middle of a sentence, in Swedish and in English; for how many months a
/// confirmation of one holds; whether it can be brought.
type First = (&'static str, [&'static str; 2], [&'static str; 2], u8, bool);

/// A defibrillator's six months are the practice of registers: one that its owner does not confirm every six months drops out.
/// A year for the others is ours.
const FIRST: [First; 12] = [
    ("aed", ["hjärtstartare", "hjärtstartaren"], ["defibrillator", "the defibrillator"], 6, true),
    ("snowmobile", ["skoter", "skotern"], ["snowmobile", "the snowmobile"], 12, true),
    ("rescue_sled", ["räddningspulka", "räddningspulkan"], ["rescue sled", "the rescue sled"], 12, true),
    ("boat", ["båt", "båten"], ["boat", "the boat"], 12, true),
    ("tracked_vehicle", ["bandvagn", "bandvagnen"], ["tracked vehicle", "the tracked vehicle"], 12, true),
    ("atv", ["fyrhjuling", "fyrhjulingen"], ["all-terrain vehicle", "the quad bike"], 12, true),
    ("off_road_car", ["terrängbil", "terrängbilen"], ["off-road car", "the off-road car"], 12, true),
    ("generator", ["elverk", "elverket"], ["generator", "the generator"], 12, true),
    ("shelter", ["värmestuga", "värmestugan"], ["heated room", "the heated room"], 12, false),
    ("search_dog", ["sökhund", "sökhunden"], ["search dog", "the search dog"], 12, true),
    ("drone", ["drönare", "drönaren"], ["drone", "the drone"], 12, true),
    ("first_aid_kit", ["förbandslåda", "förbandslådan"], ["first-aid kit", "the first-aid kit"], 12, true),
];

/// Their codes, in the order in which they have always been listed.
pub const FIRST_KINDS: [ResourceKind; FIRST.len()] = {
    let (mut all, mut at) = ([ResourceKind::AED; FIRST.len()], 0);
    while at < FIRST.len() {
        all[at] = ResourceKind::known(FIRST[at].0);
        at += 1;
    }
    all
};

pub(super) fn entries() -> impl Iterator<Item = Entry> {
    let words = |sv: &str, en: &str| Words { sv: Phrase(sv.to_owned()), en: Phrase(en.to_owned()) };
    FIRST.iter().map(move |(code, [sv, the_sv], [en, the_en], months, brought)| Entry {
        code: ResourceKind::known(code),
        name: words(sv, en),
        the: words(the_sv, the_en),
        season: None,
        licence: None,
        confirmed_for: Some(ConfirmedFor(*months)),
        brought: *brought,
        retired: false,
    })
}
