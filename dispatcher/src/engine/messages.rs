//! From effects to text messages, in the words of each person's language.
//!
//! A call-out shows the event and the place's name; the exact address goes only to those who said yes. What matters goes
//! by every way that a person can be reached, one after the other, until something is heard (`certus_sms_bridge::outbox`).

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Language, Phone, Position, Secret, Timestamp, Volunteer, VolunteerId};
use certus_sms_bridge::message::{Channel, NewMessage, Rung, Urgency};

use super::store::CalledOut;
use crate::calls::{CALL_OUT, OVER};
use crate::incident::{CallOut, Incident, IncidentId, Purpose, ReleaseReason, Role, Telling};
use crate::matching::Things;
use crate::task::Task;
use crate::text::text;

/// A stand-down is worth hearing for hours: somebody may still be driving.
const STAND_DOWN_VALID: Duration = Duration::from_hours(6);
/// Anything else is news for an hour.
const INFORMATION_VALID: Duration = Duration::from_hours(1);
/// The after-care question may wait for a phone that is switched off.
const AFTER_CARE_VALID: Duration = Duration::from_hours(24);

/// What a message is about, as the bridge's opaque reference: `INCIDENT/RESPONDER/PURPOSE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// In which incident.
    pub incident: IncidentId,
    /// To whom.
    pub responder: VolunteerId,
    /// What for.
    pub purpose: Purpose,
}

/// How references of stand-downs end.
pub(crate) const STAND_DOWN: &str = "/stand-down";

const PURPOSES: [(Purpose, &str); 3] = [
    (Purpose::CallOut, "call-out"),
    (Purpose::StandDown, "stand-down"),
    (Purpose::Information, "information"),
];

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = PURPOSES.iter().find(|(purpose, _)| *purpose == self.purpose).map_or("", |(_, name)| name);
        write!(f, "{}/{}/{name}", self.incident, self.responder)
    }
}

impl Reference {
    /// Reads back what [`Display`](std::fmt::Display) wrote; `None` for anybody else's reference.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (incident, responder, name) = (parts.next()?, parts.next()?, parts.next()?);
        let (purpose, _) = PURPOSES.iter().find(|(_, known)| *known == name)?;
        Some(Self { incident: incident.parse().ok()?, responder: responder.parse().ok()?, purpose: *purpose })
    }
}

/// How people can be reached besides by text message.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// Those with a device that takes pushes.
    pub(super) push: HashSet<Phone>,
    /// Whether the telephone can ring.
    pub(super) voice: bool,
    /// Those among the asked whose position is unknown or too old.
    pub(super) lost: HashSet<VolunteerId>,
}

/// Writes messages about one incident.
pub(super) struct Writer<'a> {
    now: Timestamp,
    incident: &'a Incident,
    /// Where the volunteers' pages are, without a trailing slash.
    public_url: &'a str,
    zone: &'a jiff::tz::TimeZone,
    ways: &'a Ways,
    things: &'a Things,
    /// What is the same in everybody's message, by language; put into words once.
    phrases: [OnceCell<Phrases>; Language::ALL.len()],
}

struct Phrases {
    event: String,
    /// The part about the ambulance; empty when nobody knows when it comes.
    ambulance: String,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        now: Timestamp,
        incident: &'a Incident,
        public_url: &'a str,
        zone: &'a jiff::tz::TimeZone,
        ways: &'a Ways,
        things: &'a Things,
    ) -> Self {
        Self { now, incident, public_url, zone, ways, things, phrases: Default::default() }
    }

    /// The call-out itself.
    pub(super) fn call_out(&self, to: &Volunteer, callout: &CalledOut, secret: &Secret) -> NewMessage {
        let language = to.language();
        let minutes = self.incident.callout(to.id).map_or(0, |c| c.candidate.seconds_to_scene().div_ceil(60));
        let link = format!("{}/c/{}", self.public_url, secret.reveal());
        let Phrases { event, ambulance } = self.phrases(language);
        let body = text(
            language,
            "sms-call-out",
            &[
                ("event", event.as_str().into()),
                ("place", self.incident.place.name.as_str().into()),
                ("minutes", minutes.to_string().into()),
                ("ambulance", ambulance.as_str().into()),
                ("code", code_suffix(callout.code).into()),
                ("link", link.as_str().into()),
            ],
        );
        let valid = self.incident.policy.alert_valid.span();
        let body = if broken(Rule::Secret) { format!("{body} {}", self.directions(to)) } else { body };
        let message = self.message(to, Purpose::CallOut, &body, Urgency::Alarm, valid);
        let policy = &self.incident.policy;
        let message =
            self.after_push(to, message, policy.sms_after.span(), policy.receipt_stops, Some(&link));
        self.before_voice(to, message)
    }

    /// You are not needed (any more): by the ways that the call-out has `left` by.
    pub(super) fn release(
        &self,
        to: &Volunteer,
        reason: ReleaseReason,
        left: &BTreeSet<Channel>,
    ) -> NewMessage {
        let key = match reason {
            ReleaseReason::Enough => "sms-released-enough",
            ReleaseReason::StoodDown => "sms-released-stood-down",
            ReleaseReason::Over => "sms-released-over",
        };
        let body = text(to.language(), key, &self.about(to));
        let message = self.message(to, Purpose::StandDown, &body, Urgency::Alarm, STAND_DOWN_VALID);
        let message = if left.contains(&Channel::Voice) && self.ways.voice {
            self.before_second_call(to, message)
        } else {
            message
        };
        if !left.contains(&Channel::Push) {
            return message;
        }
        // It takes the alarm's place on the screen at once. Who has had a text or a call gets a text all the same.
        let only_pushed = left.iter().all(|channel| *channel == Channel::Push);
        let after = if only_pushed { self.incident.policy.sms_after.span() } else { Duration::ZERO };
        self.after_push(to, message, after, only_pushed, None)
    }

    /// Anything else on the way. By text message only: it may say where exactly, which is not for push services to read.
    pub(super) fn tell(&self, to: &Volunteer, what: &Telling) -> NewMessage {
        let (language, about) = (to.language(), self.about(to));
        let (body, urgency) = match what {
            Telling::Kept => (self.directions(to), Urgency::Alarm),
            Telling::Thanks => (text(language, "sms-thanks", &about), Urgency::Notice),
            Telling::OnAnother => (text(language, "sms-on-another", &about), Urgency::Notice),
            Telling::HelpIsTold => (text(language, "sms-help-is-told", &about), Urgency::Alarm),
            Telling::NotUnderstood => (text(language, "sms-not-understood", &about), Urgency::Notice),
            Telling::PassedOn => (text(language, "sms-passed-on", &about), Urgency::Notice),
            Telling::Over => (text(language, "sms-over", &about), Urgency::Notice),
            Telling::FromOperator(words) => {
                (text(language, "sms-from-operator", &[("words", words.as_str().into())]), Urgency::Alarm)
            }
        };
        self.message(to, Purpose::Information, &body, urgency, INFORMATION_VALID)
    }

    /// How are you, some time after.
    pub(super) fn after_care(&self, to: &Volunteer) -> NewMessage {
        let body = text(to.language(), "sms-after-care", &self.about(to));
        let message = self.message(to, Purpose::Information, &body, Urgency::Notice, AFTER_CARE_VALID);
        let due_at = self.now + self.incident.policy.after_care.span();
        NewMessage { due_at, valid_until: due_at + AFTER_CARE_VALID, ..message }
    }

    /// The same, first as a push to those who have a device for it.
    fn after_push(
        &self,
        to: &Volunteer,
        message: NewMessage,
        after: Duration,
        unless_delivered: bool,
        link: Option<&str>,
    ) -> NewMessage {
        if !self.ways.push.contains(&to.phone) {
            return message;
        }
        let title = self.phrases(to.language()).event.as_str();
        let mut push = serde_json::json!({ "title": title, "text": message.body, "link": link });
        if link.is_some() && self.ways.lost.contains(&to.id) {
            push["report"] = "yes".into(); // the alarm wakes the app anyway: no push besides
        }
        let text = Rung { channel: Channel::Sms, body: message.body, after, unless_delivered };
        let later = message.otherwise.into_iter().map(|rung| Rung { after: after + rung.after, ..rung });
        let otherwise = std::iter::once(text).chain(later).collect();
        NewMessage { channel: Channel::Push, body: push.to_string(), otherwise, ..message }
    }

    /// The same, and then the telephone rings. What it says is the same for everybody and names no place.
    fn before_voice(&self, to: &Volunteer, mut message: NewMessage) -> NewMessage {
        let policy = &self.incident.policy;
        if self.ways.voice && policy.voice_after.0 > 0 {
            let text_after = message.otherwise.last().map_or(Duration::ZERO, |rung| rung.after);
            message.otherwise.push(Rung {
                channel: Channel::Voice,
                body: said(CALL_OUT, to.language()),
                after: text_after + policy.voice_after.span(),
                unless_delivered: policy.receipt_stops,
            });
        }
        message
    }

    /// The same, and then the telephone rings unless the text is known to have arrived: who was rung up may have nothing
    /// that takes texts.
    fn before_second_call(&self, to: &Volunteer, mut message: NewMessage) -> NewMessage {
        message.otherwise.push(Rung {
            channel: Channel::Voice,
            body: said(OVER, to.language()),
            after: self.incident.policy.voice_after.span(),
            unless_delivered: true,
        });
        message
    }

    fn directions(&self, to: &Volunteer) -> String {
        let place = &self.incident.place;
        let detail = place.detail.as_deref().unwrap_or(&place.name);
        let role = self.incident.callout(to.id).and_then(CallOut::role).unwrap_or(Role::Straight);
        let (key, more) = match Task::of(role, self.things) {
            Task::Straight => ("sms-kept", Vec::new()),
            Task::Guide => ("sms-kept-guide", Vec::new()),
            Task::Bring { what } => {
                ("sms-kept-bring", vec![("thing", what.within(to.language()).to_owned().into())])
            }
            Task::Fetch { what, place, position } => {
                let what = ("thing", what.within(to.language()).to_owned().into());
                let [lat, lon] = degrees(position);
                let there = [("where", place.into()), ("thing_lat", lat.into()), ("thing_lon", lon.into())];
                ("sms-kept-fetch", [what].into_iter().chain(there).collect())
            }
        };
        let [lat, lon] = degrees(place.position);
        let scene = [("detail", detail.into()), ("lat", lat.into()), ("lon", lon.into())];
        text(to.language(), key, &scene.into_iter().chain(more).collect::<Vec<_>>())
    }

    fn about(
        &self,
        to: &Volunteer,
    ) -> [(&'static str, fluent_templates::fluent_bundle::FluentValue<'static>); 3] {
        [
            ("event", self.phrases(to.language()).event.clone().into()),
            ("place", self.incident.place.name.clone().into()),
            ("time", self.incident.raised_at.in_zone(self.zone).strftime("%H:%M").to_string().into()),
        ]
    }

    fn phrases(&self, language: Language) -> &Phrases {
        self.phrases[language as usize].get_or_init(|| {
            let name = self.incident.event_type.as_str().replace('_', "-");
            let ambulance =
                |minutes: u64| text(language, "sms-ambulance", &[("minutes", minutes.to_string().into())]);
            Phrases {
                event: text(language, &format!("event-{name}"), &[]),
                ambulance: self.ambulance_minutes().map_or(String::new(), ambulance),
            }
        })
    }

    fn ambulance_minutes(&self) -> Option<u64> {
        self.incident.ambulance_eta.map(|eta| eta.since(self.now).as_secs().div_ceil(60))
    }

    fn message(
        &self,
        to: &Volunteer,
        purpose: Purpose,
        body: &str,
        urgency: Urgency,
        valid: Duration,
    ) -> NewMessage {
        let reference = Reference { incident: self.incident.id, responder: to.id, purpose }.to_string();
        let body = certus_sms_bridge::gsm::plain(body);
        NewMessage {
            reference,
            to: to.phone.clone(),
            channel: Channel::Sms,
            body,
            urgency,
            due_at: self.now,
            valid_until: self.now + valid,
            otherwise: Vec::new(),
        }
    }
}

/// The reference of words to somebody about no single incident.
pub(super) fn person_reference(who: VolunteerId, about: &str) -> String {
    format!("person/{who}/{about}")
}

/// Words to somebody about no single incident; `about` is one word for what they are, e.g. `help`.
pub(super) fn to_person(now: Timestamp, to: &Volunteer, about: &str, body: &str) -> NewMessage {
    NewMessage {
        reference: person_reference(to.id, about),
        to: to.phone.clone(),
        channel: Channel::Sms,
        body: certus_sms_bridge::gsm::plain(body),
        urgency: Urgency::Notice,
        due_at: now,
        valid_until: now + INFORMATION_VALID,
        otherwise: Vec::new(),
    }
}

/// What the telephone is to say, as gateways for calls name it.
fn said(sentence: &str, language: Language) -> String {
    format!("{sentence}/{}", language.as_str())
}

/// North and east with five decimals, about a metre.
fn degrees(position: Position) -> [String; 2] {
    [position.lat(), position.lon()].map(|degrees| format!("{degrees:.5}"))
}

/// What follows JA and NEJ when one phone is in several alarms.
fn code_suffix(code: u8) -> String {
    if code > 1 { format!(" {code}") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use certus_registry::Random;

    #[test]
    fn a_reference_reads_back_and_a_strange_one_does_not() {
        let (now, random) = (Timestamp::from_millis(0), Random::from_seed(1));
        let (incident, responder) = (IncidentId::new(now, &random), VolunteerId::new(now, &random));
        for (purpose, _) in PURPOSES {
            let reference = Reference { incident, responder, purpose };
            assert_eq!(Reference::parse(&reference.to_string()), Some(reference));
        }
        assert_eq!(Reference::parse("person/0192"), None);
    }
}
