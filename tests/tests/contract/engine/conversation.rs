//! What a volunteer writes, and what happens: each row is a person who has been called out (or not), what they write
//! and when, and what the operator, the registry and their own phone know afterwards.

use super::*;

/// What a row does, in order.
#[derive(Clone)]
enum Step {
    /// The person writes.
    Writes(&'static str),
    /// So many minutes pass.
    Minutes(u64),
    /// So many others, who were asked too, say yes.
    OthersSayYes(usize),
    /// The operator does something.
    Operator(Event),
}
use Step::{Minutes, Operator, OthersSayYes, Writes};

/// What is known at the end.
#[derive(Debug, PartialEq)]
struct Known {
    /// Where the person stands in the incident.
    state: &'static str,
    /// The minutes they named.
    minutes: Option<u16>,
    /// The last notice about them, and the words in it.
    notice: Option<(&'static str, Option<String>)>,
    duty: String,
}

/// A name; the steps; state, minutes, notice with words, duty; and how each text to the person begins, after the call-out.
type Row = (
    &'static str,
    Vec<Step>,
    (&'static str, Option<u16>, &'static str, &'static str),
    &'static [&'static str],
);

const KEPT: &str = "Tack! Åk till";
const UNCLEAR: &str = "Vi förstod inte. Svara JA eller NEJ";
const PASSED_ON: &str = "Skickat till SOS.";
const THANKS: &str = "Tack för ditt svar!";
const ENOUGH: &str = "Tack för att du är beredd!";
const OVER: &str = "Larmet hjärtstopp, Järpen kl 12:00 är avslutat och ingen läser här nu.";
const TIMED_OUT: Step = Minutes(2);

/// What people write while they are asked, on the way and on the scene.
fn answers() -> Vec<Row> {
    vec![
        ("yes", vec![Writes("JA")], ("accepted", None, "", "yes"), &[KEPT]),
        ("minutes", vec![Writes("JA 12")], ("accepted", Some(12), "", "yes"), &[KEPT]),
        ("code one is no minutes", vec![Writes("JA 1")], ("accepted", None, "", "yes"), &[KEPT]),
        (
            "words beside the yes",
            vec![Writes("JA 12 har med hjärtstartare")],
            ("accepted", Some(12), "wrote JA 12 har med hjärtstartare", "yes"),
            &[KEPT],
        ),
        (
            "a later time",
            vec![Writes("JA 12 min"), Writes("punktering, 25 min till")],
            ("accepted", Some(25), "wrote punktering, 25 min till", "yes"),
            &[KEPT, PASSED_ON],
        ),
        (
            "a later time, plainly",
            vec![Writes("JA"), Writes("JA 20 min")],
            ("accepted", Some(20), "", "yes"),
            &[KEPT],
        ),
        ("no", vec![Writes("NEJ")], ("declined", None, "", "yes"), &[]),
        (
            "on the scene, with words",
            vec![Writes("JA"), Writes("FRAMME, grinden är låst")],
            ("on_scene", None, "wrote FRAMME, grinden är låst", "yes"),
            &[KEPT],
        ),
        (
            "done",
            vec![Writes("JA"), Writes("FRAMME"), Writes("KLAR")],
            ("done", None, "", "yes"),
            &[KEPT, THANKS, "Du var på"],
        ),
        (
            "free text before an answer",
            vec![Writes("Vem är detta?")],
            ("asked", None, "unclear_answer Vem är detta?", "yes"),
            &[UNCLEAR],
        ),
        (
            "a phone that answers by itself is answered once in ten minutes, and the operator sees it all",
            vec![Writes("Jag kör bil"), Writes("Jag kör bil!"), Minutes(11), Writes("Jag kör bil!!")],
            ("timed_out", None, "unclear_answer Jag kör bil!!", "yes"),
            &[UNCLEAR, UNCLEAR],
        ),
        (
            "help",
            vec![Writes("JA"), Writes("HJÄLP")],
            ("accepted", None, "help_needed", "yes"),
            &[KEPT, "SOS har fått veta"],
        ),
        (
            "withdrawn, with the reason",
            vec![Writes("JA"), Writes("NEJ, bilen startar inte")],
            ("declined", None, "withdrew NEJ, bilen startar inte", "yes"),
            &[KEPT, THANKS],
        ),
    ]
}

/// LEDIG, UPPTAGEN and STOPP.
fn wishes() -> Vec<Row> {
    vec![
        (
            "busy until",
            vec![Writes("UPPTAGEN TILL 18")],
            ("declined", None, "", "no:2026-11-24T17:00:00.000Z"),
            &["Du får inga larm till tis 24/11 kl 18:00."],
        ),
        (
            "busy without an end that can be read",
            vec![Writes("Upptagen tills jag är frisk")],
            ("declined", None, "", "no"),
            &["Du är ur tjänst och får inga larm."],
        ),
        (
            "free until",
            vec![Writes("LEDIG 2 TIM")],
            ("asked", None, "", "yes:2026-11-24T13:00:01.000Z"),
            &["Du är i tjänst till tis 24/11 kl 14:00."],
        ),
        (
            "stop, told once, and silence",
            vec![
                Writes("JA"),
                Writes("STOPP"),
                Writes("STOPP"),
                Writes("Hallå?"),
                Minutes(100),
                Writes("Är ni där?"),
            ],
            ("declined", None, "wrote Är ni där?", "stopped"),
            &[KEPT, "Vi skriver inte till dig mer."],
        ),
        (
            "back after a stop",
            vec![Writes("STOPP"), Writes("START")],
            ("declined", None, "", "yes"),
            &["Vi skriver inte till dig mer.", "Du är i tjänst. Tack!"],
        ),
    ]
}

/// What comes when it is too late.
fn late() -> Vec<Row> {
    vec![
        (
            "a late yes while places are free",
            vec![TIMED_OUT, Writes("JA")],
            ("accepted", None, "", "yes"),
            &[KEPT],
        ),
        ("a late no", vec![TIMED_OUT, Writes("NEJ")], ("declined", None, "", "yes"), &[THANKS]),
        (
            "a late yes when enough are coming",
            vec![TIMED_OUT, OthersSayYes(4), Writes("JA")],
            ("released", None, "", "yes"),
            &[ENOUGH],
        ),
        (
            "a late yes when it was called off",
            vec![TIMED_OUT, Operator(Event::StoodDown), Writes("JA")],
            ("timed_out", None, "", "yes"),
            &["AVBLÅST:"],
        ),
        (
            "a late no when it was called off",
            vec![TIMED_OUT, Operator(Event::StoodDown), Writes("NEJ")],
            ("timed_out", None, "", "yes"),
            &[THANKS],
        ),
        (
            "a yes when it is over",
            vec![TIMED_OUT, Operator(Event::Closed), Writes("JA")],
            ("timed_out", None, "", "yes"),
            &["Larmet hjärtstopp, Järpen kl 12:00 är avslutat. Du behöver inte åka."],
        ),
        (
            "words and cries when it is over: kept, and told where help is, once an hour",
            vec![
                TIMED_OUT,
                Operator(Event::Closed),
                Writes("Hur gick det?"),
                Writes("HJÄLP"),
                Minutes(61),
                Writes("HJÄLP"),
            ],
            ("timed_out", None, "help_needed", "yes"),
            &[OVER, OVER],
        ),
    ]
}

#[tokio::test]
async fn whatever_a_volunteer_writes_is_kept_answered_and_told() {
    for (name, steps, (state, minutes, notice, duty), texts) in [answers(), wishes(), late()].concat() {
        for fresh in databases::both().await {
            let (mut one, _, clock) = two_nodes(&fresh, 5).await;
            let incident = raise(&mut one).await;
            play(&mut one, &fresh.db, &clock, incident.id, &steps).await;
            let expected = Known {
                state,
                minutes,
                notice: notice
                    .split_once(' ')
                    .map(|(code, words)| (code, Some(words.to_owned())))
                    .or_else(|| (!notice.is_empty()).then_some((notice, None))),
                duty: duty.to_owned(),
            };
            assert_eq!(known(&fresh.db, incident.id).await, expected, "{}: {name}", fresh.name);
            let got = texts_to_first(&fresh.db).await;
            let same = got.len() == texts.len()
                && got.iter().zip(texts).all(|(got, begins)| got.starts_with(begins));
            assert!(same, "{}: {name}: {got:#?} instead of {texts:#?}", fresh.name);
        }
    }
}

#[tokio::test]
async fn somebody_on_no_call_out_is_told_what_can_be_written_once_an_hour_even_by_two_nodes() {
    for fresh in databases::all().await {
        let (mut one, mut two, clock) = two_nodes(&fresh, 1).await;
        let mut number = 0;
        for (minutes, text, explained) in [
            (0, "Hej på er", 1),
            (5, "JA", 1),
            (50, "Hallå?", 1),
            (10, "Är ni där?", 2),
            (1, "HJÄLP", 3),
            (1, "ledig imorgon", 3),
        ] {
            clock.advance(Duration::from_mins(minutes));
            for _ in 0..2 {
                number += 1;
                write(&fresh.db, &clock, &number.to_string(), text).await;
            }
            let (first, second) = tokio::join!(one.engine.settle_due(), two.engine.settle_due());
            first.unwrap();
            second.unwrap();
            while one.engine.settle_due().await.unwrap() {}
            let got = texts_to_first(&fresh.db).await;
            let more = usize::from(text == "HJÄLP");
            assert_eq!(got.len(), explained + more, "{}: {text}", fresh.name);
            assert!(got.iter().all(|text| text.starts_with("Certus: du är inte på något larm nu.")));
            if more == 1 {
                break; // a cry for help is answered each time
            }
        }
    }
}

#[tokio::test]
async fn an_end_of_duty_needs_no_write() {
    for fresh in databases::all().await {
        let (mut one, _, clock) = two_nodes(&fresh, 1).await;
        write(&fresh.db, &clock, "1", "UPPTAGEN 30 MIN").await;
        one.engine.settle_due().await.unwrap();
        assert_eq!(raise(&mut one).await.callouts.len(), 0, "{}", fresh.name);
        clock.advance(Duration::from_mins(30));
        assert_eq!(raise(&mut one).await.callouts.len(), 1, "{}", fresh.name);
    }
}

async fn play(one: &mut Node, db: &Database, clock: &ManualClock, id: IncidentId, steps: &[Step]) {
    for (number, step) in steps.iter().enumerate() {
        clock.advance(Duration::from_secs(1));
        match step {
            Writes(text) => write(db, clock, &number.to_string(), text).await,
            Minutes(minutes) => clock.advance(Duration::from_mins(*minutes)),
            OthersSayYes(how_many) => {
                let asked = stored(db, id).await.callouts;
                let others = asked.iter().map(CallOut::responder).filter(|who| *who != first(one));
                for other in others.take(*how_many).collect::<Vec<_>>() {
                    one.engine.apply(id, says_yes(other), &[]).await.unwrap();
                }
            }
            Operator(event) => drop(one.engine.apply(id, event.clone(), &[]).await.unwrap()),
        }
        while one.engine.settle_due().await.unwrap() {}
    }
}

pub(super) async fn write(db: &Database, clock: &ManualClock, provider_id: &str, body: &str) {
    let reply = NewInbound {
        gateway: "test".to_owned(),
        provider_id: provider_id.to_owned(),
        from: FIRST.parse().unwrap(),
        body: body.to_owned(),
        answers: None,
        received_at: clock.now(),
    };
    inbox::receive(db, &reply).await.unwrap();
}

pub(super) const FIRST: &str = "+99910000000";

pub(super) fn first(node: &Node) -> VolunteerId {
    node.app.engine.roster().by_phone(&FIRST.parse().unwrap()).unwrap().id
}

async fn known(db: &Database, id: IncidentId) -> Known {
    let incident = stored(db, id).await;
    let person =
        registry::volunteer::by_phone(db, Remit::All, &FIRST.parse().unwrap()).await.unwrap().unwrap();
    let callout = incident.callout(person.id).unwrap();
    let notice = incident.notices.iter().rev().find(|notice| notice.responder == Some(person.id));
    Known {
        state: callout.state.as_str(),
        minutes: callout.kept().and_then(|kept| kept.minutes),
        notice: notice.map(|notice| (notice.code.as_str(), notice.words.clone())),
        duty: person.duty.to_string(),
    }
}

/// What was written to the first person after the call-out itself and not withdrawn, in order.
pub(super) async fn texts_to_first(db: &Database) -> Vec<String> {
    let to_first = |message: &Message| message.to.as_str() == FIRST && message.state != "cancelled";
    let messages = written::messages(db).await.into_iter().filter(to_first);
    messages.map(|message| message.body).filter(|body| !body.contains("/c/")).collect()
}
