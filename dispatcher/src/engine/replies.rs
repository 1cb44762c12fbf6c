//! Which incident an answer is meant for. Pure.
//!
//! One phone can be in several alarms. A code decides; else the only call-out the word makes sense for; else the
//! person is asked which one, and nothing is guessed.

use certus_sms_bridge::reply::{Reply, Word};

use super::store::CalledOut;
use crate::incident::{Answer, Channel, Incident, Kept, Phase, Progress, Report, State};
use certus_registry::Position;

/// A call-out of the person who wrote, with its incident as it stands.
pub(super) struct Open {
    pub(super) callout: CalledOut,
    pub(super) incident: Incident,
}

impl Open {
    /// Whether the incident is on and the person tied to it: then whatever they write is about it.
    pub(super) fn is_waiting(&self) -> bool {
        fits(None, self)
    }
}

/// Where an answer goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// To this one of the call-outs.
    To(usize),
    /// It could be any of these; the person is asked.
    Which(Vec<usize>),
    /// The person is in no call-out.
    Nowhere,
}

/// Finds the call-out that `reply` answers; `open` has the newest first.
pub(super) fn route(reply: &mut Reply, open: &[Open]) -> Route {
    let all = 0..open.len();
    if let Some(code) = reply.code {
        // Codes are unique among a person's call-outs of the last day.
        if let Some(named) = all.clone().find(|&i| open[i].callout.code == code) {
            return Route::To(named);
        }
        // "JA 12" from somebody who was never given a 12: the minutes to the scene.
        reply.minutes = reply.minutes.or(Some(u16::from(code)));
    }
    let fitting: Vec<usize> = all.clone().filter(|&i| fits(reply.word, &open[i])).collect();
    match (&fitting[..], open.len()) {
        (_, 0) => Route::Nowhere,
        ([only], _) => Route::To(*only),
        // Nothing is open: the answer to the latest call-out came late.
        ([], _) => Route::To(0),
        (several, _) => Route::Which(several.to_vec()),
    }
}

/// Whether the word makes sense for somebody who stands there.
fn fits(word: Option<Word>, open: &Open) -> bool {
    let Some(callout) = open.incident.callout(open.callout.responder) else { return false };
    if matches!(open.incident.phase, Phase::StoodDown { .. } | Phase::Closed { .. }) {
        return false;
    }
    let kept = matches!(callout.state, State::Kept(_));
    let silent = matches!(callout.state, State::Asked | State::Seen { .. } | State::TimedOut { .. });
    let on_scene = matches!(callout.state, State::Kept(Kept { progress: Progress::OnScene { .. }, .. }));
    match word {
        Some(Word::Yes) => {
            silent || matches!(callout.state, State::Unreachable { .. } | State::Declined { .. })
        }
        Some(Word::OnScene) => (kept && !on_scene) || silent,
        Some(Word::Fetched) => matches!(&callout.state, State::Kept(kept) if kept.is_to_fetch()),
        Some(Word::Done) => kept,
        Some(Word::No | Word::Help) | None => callout.engaged(),
        Some(Word::OnDuty | Word::OffDuty | Word::Stop) => false,
    }
}

/// What the machine is told; `None` for words about the person, not about an incident.
pub(super) fn report(reply: Reply, channel: Channel, from: Option<Position>) -> Option<Report> {
    let Reply { word, minutes, note, .. } = reply;
    let answer = |note| Answer { channel, minutes, note };
    Some(match word {
        Some(Word::Yes) => Report::Accepted { answer: answer(note), from },
        Some(Word::No) => Report::Declined { answer: answer(note) },
        Some(Word::OnScene) => Report::Arrived { note },
        Some(Word::Fetched) => Report::Fetched { note },
        Some(Word::Done) => Report::Done { note },
        Some(Word::Help) => Report::HelpNeeded { answer: answer(note) },
        None => Report::Remarked { answer: answer(note) },
        Some(Word::OnDuty | Word::OffDuty | Word::Stop) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::tests::{next_door, raised};
    use crate::incident::{Event, IncidentId};
    use certus_registry::{Random, Timestamp, VolunteerId};
    use certus_sms_bridge::reply::parse;

    const NOW: Timestamp = Timestamp::from_millis(0);

    /// Call-outs of one person, the newest first, with codes 2 and 1; `kept` holds a place in those named.
    fn alarms(number: u8, kept: &[u8]) -> Vec<Open> {
        let who = VolunteerId::new(NOW, &Random::from_seed(1));
        (1..=number).rev().map(|code| alarm(who, code, kept.contains(&code))).collect()
    }

    fn alarm(responder: VolunteerId, code: u8, kept: bool) -> Open {
        let (mut incident, _) = Incident::raise(NOW, &raised(2, 2));
        incident.id = IncidentId::new(NOW, &Random::from_seed(u64::from(code)));
        incident.handle(NOW, &Event::CandidatesFound { candidates: vec![next_door(responder)] }).unwrap();
        if kept {
            let answer = Answer { channel: Channel::Sms, minutes: None, note: None };
            let report = Report::Accepted { answer, from: None };
            incident.handle(NOW, &Event::Responder { responder, report }).unwrap();
        }
        Open { callout: CalledOut { incident: incident.id, responder, code }, incident }
    }

    #[test]
    fn an_answer_finds_the_call_out_it_is_meant_for() {
        let table = [
            ("JA", alarms(0, &[]), Route::Nowhere),
            ("JA", alarms(1, &[]), Route::To(0)),
            ("JA", alarms(2, &[]), Route::Which(vec![0, 1])),
            ("JA 1", alarms(2, &[]), Route::To(1)),
            ("2 ja", alarms(2, &[]), Route::To(0)),
            ("JA", alarms(2, &[2]), Route::To(1)),
            ("KLAR", alarms(2, &[1]), Route::To(1)),
            ("KLAR", alarms(2, &[1, 2]), Route::Which(vec![0, 1])),
            ("NEJ", alarms(2, &[1]), Route::Which(vec![0, 1])),
            ("KLAR", alarms(2, &[]), Route::To(0)),
        ];
        for (text, open, expected) in table {
            assert_eq!(route(&mut parse(text), &open), expected, "{text} with {} alarms", open.len());
        }
    }

    #[test]
    fn a_number_that_is_no_code_is_the_minutes_to_the_scene() {
        let mut reply = parse("JA 12");
        assert_eq!(route(&mut reply, &alarms(1, &[])), Route::To(0));
        assert_eq!(reply.minutes, Some(12));
    }
}
