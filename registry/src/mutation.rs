//! Rules that the simulator's mutation check breaks on purpose, one at a time, to see that its model notices.
//!
//! Without the feature `mutations`, which only `sim` is built with, no rule can be broken and nothing of this is left in
//! the program. Asked where the rule is kept: `if broken(Rule::Validity) { … }`.

/// A rule of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Rule {
    /// A state is written only over the version it was computed from.
    CompareAndSet = 1,
    /// Whoever was asked or kept is told when they are released.
    Release,
    /// A send without an answer is never silently repeated.
    UnknownOutcome,
    /// What a provider has is not taken for one of two messages that it may be.
    Ambiguous,
    /// Alarms that were stored together are written out before anything is decided about messages.
    WrittenOut,
    /// Nothing leaves after its validity.
    Validity,
    /// An open incident has a timer in the database.
    Timer,
    /// Whoever is off duty is not asked.
    OffDuty,
    /// Whoever is not approved is not asked.
    Vetting,
    /// Nobody is asked outside their hours.
    Hours,
    /// A certificate that has expired is none.
    Certificate,
    /// A reply that comes twice is one reply.
    DuplicateReply,
    /// A reply is marked as handled in the transaction that acts on it.
    HandledTogether,
    /// Nobody is on two call-outs.
    Engagement,
    /// Nobody is asked twice in an incident.
    AskedOnce,
    /// Nobody is kept beyond the number wanted.
    Room,
    /// The exact address is for those who said yes.
    Secret,
    /// Whoever declines is replaced.
    Replacement,
    /// Every event is in the log.
    Log,
    /// The operator is told when nobody is left to ask.
    Notice,
    /// Two call-outs of one phone have two codes.
    Codes,
    /// What was withdrawn is not sent.
    Withdrawal,
    /// Whoever was found earlier is looked at again before being asked.
    Shortlist,
    /// Whom the registry has barred since a decision was made, that decision does not ask.
    Registry,
    /// Whoever has written STOPP is never written to again.
    Silence,
    /// Being off duty ends, and lasts, as long as was said.
    DutyEnds,
    /// The help text goes out once an hour.
    HelpPause,
    /// When one way fails, the next one is tried at once, and nobody is given up before the last has failed.
    Ladder,
    /// Whoever is heard from is not tried by further ways.
    Heard,
    /// A key pressed in a call answers that call, whatever else the person is asked.
    Answers,
    /// A channel test writes to everybody once.
    TestedOnce,
    /// Whoever answers a channel test is reached.
    TestAnswers,
    /// As many are asked at once as make it likely enough that enough come.
    Certainty,
    /// What people did when they were asked is counted when the incident closes.
    Track,
    /// Only people who are kept leave a trail.
    Trail,
    /// Whoever says yes does what all together gain most by.
    Roles,
    /// What hangs behind a locked door, or is out of season, is not fetched.
    Reachable,
    /// What needs a season is not fetched outside it.
    Season,
    /// What wants a licence is fetched by nobody without it.
    Licence,
    /// Where the policy wants it, only what was confirmed lately is fetched.
    Confirmed,
    /// A keeper is asked once for each confirmation, and once more when it has lapsed.
    Reminded,
    /// A thing is confirmed by nobody who was not asked about it.
    Unasked,
    /// Nobody is asked on the days and at the hours that they have taken out.
    Exceptions,
    /// Whoever has opted out of nights is not asked at night.
    Nights,
    /// Nobody is called out more often within a month than they want to be.
    MonthlyMax,
    /// Whoever went rests as long as the policy says.
    Resting,
    /// When a group is called as one, nobody else is asked.
    Group,
    /// An incident is raised under the policies that are in force then.
    PolicyInForce,
    /// Policies come into force by two officials.
    FourEyes,
    /// Policies want nothing brought but what the catalogue says can be.
    KnownKind,
    /// There is nothing new of a kind that is retired.
    RetiredKind,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 51] = [
        Self::CompareAndSet,
        Self::Release,
        Self::UnknownOutcome,
        Self::Ambiguous,
        Self::WrittenOut,
        Self::Validity,
        Self::Timer,
        Self::OffDuty,
        Self::Vetting,
        Self::Hours,
        Self::Certificate,
        Self::DuplicateReply,
        Self::HandledTogether,
        Self::Engagement,
        Self::AskedOnce,
        Self::Room,
        Self::Secret,
        Self::Replacement,
        Self::Log,
        Self::Notice,
        Self::Codes,
        Self::Withdrawal,
        Self::Shortlist,
        Self::Registry,
        Self::Silence,
        Self::DutyEnds,
        Self::HelpPause,
        Self::Ladder,
        Self::Heard,
        Self::Answers,
        Self::TestedOnce,
        Self::TestAnswers,
        Self::Certainty,
        Self::Track,
        Self::Trail,
        Self::Roles,
        Self::Reachable,
        Self::Season,
        Self::Licence,
        Self::Confirmed,
        Self::Reminded,
        Self::Unasked,
        Self::Exceptions,
        Self::Nights,
        Self::MonthlyMax,
        Self::Resting,
        Self::Group,
        Self::PolicyInForce,
        Self::FourEyes,
        Self::KnownKind,
        Self::RetiredKind,
    ];
}

#[cfg(feature = "mutations")]
static BROKEN: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

/// Breaks one rule from here on, in the whole process; `None` breaks none.
#[cfg(feature = "mutations")]
pub fn break_only(rule: Option<Rule>) {
    BROKEN.store(rule.map_or(0, |rule| rule as u8), std::sync::atomic::Ordering::Relaxed);
}

/// Whether this rule is the broken one.
#[cfg(feature = "mutations")]
#[must_use]
pub fn broken(rule: Rule) -> bool {
    BROKEN.load(std::sync::atomic::Ordering::Relaxed) == rule as u8
}

/// Whether this rule is the broken one: never, without the feature.
#[cfg(not(feature = "mutations"))]
#[must_use]
pub const fn broken(_rule: Rule) -> bool {
    false
}
