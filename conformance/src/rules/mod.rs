//! The rules: what a conforming session promises, one file a rule, found by its name.
//!
//! A rule reads a message and the [model](crate::model) as it stood before that message. It does not parse, and it
//! changes nothing. To add one: write its file, name it in [`RULES`].

mod action;
mod agi;
mod bridge;
mod channel;
mod confbridge;
mod context;
mod dial;
mod dialplan;
mod dispatch;
mod dtmf;
mod legacy;
mod list;
mod local;
mod media;
mod originate;
mod parking;
mod queue;
mod schema;
mod session;
mod talk;
mod transfer;
mod wire;

use std::fmt;

use ami_wire::{DefectCode, Kind};
pub(crate) use context::{Cx, Ended, Raised, Scene};
pub(crate) use dispatch::{Active, Dispatch};
pub(crate) use talk::TalkDispatch;

use crate::finding::{Counts, Reference, Severity};
use crate::model::{Bridge, Channel, Event, Model};
use crate::subscription::Subscription;
use crate::vocabulary::{Answer, Look, Question};

/// A promise of the protocol, and how it is checked.
pub struct Rule {
    /// The name: `channel/hangup-once`.
    pub name: &'static str,
    /// How grave it is when broken.
    pub severity: Severity,
    /// Where the promise is made: a section of the AMI 1.4 specification, `reference` or `wire`.
    pub source: &'static str,
    /// The releases that make it.
    pub releases: &'static str,
    /// The promise in one sentence.
    pub promise: &'static str,
    /// Why clients rely on it, and what counts as proof.
    pub why: &'static str,
    /// A minimal trace that keeps it.
    pub conforming: &'static str,
    /// A minimal trace that breaks it.
    pub violating: &'static str,
    /// The generation of servers that it speaks of.
    pub(crate) era: Era,
    /// The messages that it looks at.
    pub(crate) on: On,
    /// Looks at one of them.
    pub(crate) message: fn(&Scene<'_, '_>, &mut Cx<'_>),
    /// Settles what it promises of a channel, when the channel is forgotten or the trace ends.
    pub(crate) channel_end: Option<fn(&Channel, &mut Cx<'_>)>,
    /// Settles what it promises of a bridge.
    pub(crate) bridge_end: Option<fn(&Bridge, &mut Cx<'_>)>,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.name).finish()
    }
}

impl Rule {
    /// The events that can hold what its proof misses, and those that it looks at; `None` where no filter takes anything from
    /// it: list items and responses pass by them.
    fn asked(&self) -> Option<(&'static [Event], &'static [Event])> {
        let (proof, events) = match self.on {
            On::Channels(proof) => (proof, &[][..]),
            On::Events(proof, events) | On::Applications { proof, events, .. } | On::Calls { proof, events, .. } => {
                (proof, events)
            }
            On::Talk { .. } | On::Lists { .. } | On::Defect(_) | On::Schema { .. } => return None,
        };
        let missing = if let Proof::Events(missing) = proof { missing } else { &[] };
        Some((missing, events))
    }

    /// Whether a trace that is complete lacks what this rule settles at its end, because of this subscription: births, ends,
    /// or one of the events that it looks at.
    pub(crate) fn lacks_its_end(&self, subscription: &Subscription) -> bool {
        self.asked().is_some_and(|(missing, events)| {
            let lives = &[Event::Newchannel, Event::Hangup];
            lives.iter().chain(events).chain(missing).any(|event| subscription.can_keep_out(*event))
        })
    }

    /// Whether it can look broken because this subscription kept an event out.
    pub(crate) fn is_doubted_by(&self, subscription: &Subscription) -> bool {
        self.asked().is_some_and(|(missing, _)| missing.iter().any(|event| subscription.can_keep_out(*event)))
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

/// Which messages a rule looks at. Item events of lists and what other subsystems publish are never among them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On {
    /// Every event that names a channel.
    Channels(Proof),
    /// These events.
    Events(Proof, &'static [Event]),
    /// These events of applications. When the `Hangup` of a channel is so long ago that no application speaks of it any
    /// more, `silent` settles what is pending for it; `finally` settles what is pending for no channel when the trace ends.
    Applications {
        proof: Proof,
        events: &'static [Event],
        silent: fn(&Model, &Channel, &mut Cx<'_>),
        finally: Option<fn(&Model, &mut Cx<'_>)>,
    },
    /// These events of applications. `finally` settles what is pending when the trace ends.
    Calls { proof: Proof, events: &'static [Event], finally: fn(&Model, &mut Cx<'_>) },
    /// What the server says, by kind of message, whatever its release; `end` settles what is pending when the
    /// connection ends.
    Talk { kinds: &'static [Kind], end: Option<fn(&Model, &mut Cx<'_>)> },
    /// The same for what the server says of lists. Events that are surely about none are left out: those that nobody
    /// asked for, and that end no list, while none is under way.
    Lists { kinds: &'static [Kind], end: Option<fn(&Model, &mut Cx<'_>)> },
    /// Messages of either side that have this defect.
    Defect(DefectCode),
    /// Every event, list items and what other subsystems publish included: what the schema answers to one question.
    Schema { question: Question, broken: fn(&Look<'_>, &Reference, &mut Cx<'_>) },
}

/// Where the proof lies that a rule about channels was broken. This decides what an event filter makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// In the messages that came, whatever else did not: a filter takes nothing from it.
    WhatCame,
    /// In what did not come, or in what an event says compared with what was said before. These are the events that can
    /// hold what is missing, or show that it is a known deviation: a filter that kept one of them out makes a conforming
    /// server look guilty.
    Events(&'static [Event]),
}

/// The generation of servers that a rule speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// Up to release 11.
    Legacy,
    /// Release 12 and later.
    Modern,
    /// All releases.
    Any,
}

impl Era {
    /// Whether a rule of this era speaks of servers of that one.
    pub(crate) fn includes(self, other: Self) -> bool {
        self == Self::Any || self == other
    }
}

/// Every rule, in the order in which they are listed.
pub static RULES: &[&Rule] = &[
    &channel::newchannel_first::RULE,
    &channel::nothing_after_hangup::RULE,
    &channel::hangup_once::RULE,
    &channel::name_stable::RULE,
    &channel::newchannel_once::RULE,
    &channel::newchannel_fields::RULE,
    &channel::state_description::RULE,
    &channel::application_after_hangup::RULE,
    &channel::newstate_announces::RULE,
    &channel::unknown_party::RULE,
    &channel::chanvariable_form::RULE,
    &channel::linkedid_known::RULE,
    &dial::end_for_each_begin::RULE,
    &dial::begin_before_end::RULE,
    &dial::no_second_begin::RULE,
    &dial::dest_fields::RULE,
    &dial::caller_fields::RULE,
    &dial::status_known::RULE,
    &bridge::create_before_use::RULE,
    &bridge::enter_once::RULE,
    &bridge::leave_before_hangup::RULE,
    &bridge::empty_before_destroy::RULE,
    &bridge::nothing_after_destroy::RULE,
    &bridge::leave_only_if_entered::RULE,
    &bridge::one_at_a_time::RULE,
    &bridge::member_count::RULE,
    &dtmf::duration::RULE,
    &dtmf::begin_before_end::RULE,
    &local::halves_announced::RULE,
    &local::halves_end_together::RULE,
    &local::optimization_enabled::RULE,
    &local::optimization_paired::RULE,
    &transfer::blind_before_leave::RULE,
    &transfer::parties_known::RULE,
    &parking::parked_before_enter::RULE,
    &parking::one_outcome::RULE,
    &queue::leave_for_each_join::RULE,
    &queue::agent_outcome::RULE,
    &confbridge::leave_for_each_join::RULE,
    &agi::async_session::RULE,
    &media::hold_alternates::RULE,
    &dialplan::newexten_on_transition::RULE,
    &originate::one_response::RULE,
    &legacy::channel_life::RULE,
    &legacy::link_unlink::RULE,
    &legacy::dial_pairs::RULE,
    &action::one_response::RULE,
    &action::id_echoed::RULE,
    &action::event_id::RULE,
    &action::response_value::RULE,
    &action::error_message::RULE,
    &list::completed::RULE,
    &list::only_after_start::RULE,
    &list::item_count::RULE,
    &list::no_privilege::RULE,
    &session::banner::RULE,
    &session::no_events_before_login::RULE,
    &session::login_required::RULE,
    &session::nothing_after_goodbye::RULE,
    &session::event_class::RULE,
    &session::read_mask::RULE,
    &session::timestamp_on_all::RULE,
    &wire::bare_lf::RULE,
    &wire::bare_cr::RULE,
    &wire::blank_before_message::RULE,
    &wire::no_space_after_colon::RULE,
    &wire::no_colon::RULE,
    &wire::empty_key::RULE,
    &wire::key_not_token::RULE,
    &wire::non_utf8::RULE,
    &wire::control_byte::RULE,
    &wire::kind_missing::RULE,
    &wire::kind_conflict::RULE,
    &wire::kind_not_first::RULE,
    &wire::duplicate_kind_key::RULE,
    &wire::unterminated_output::RULE,
    &wire::truncated::RULE,
    &wire::oversize_line::RULE,
    &wire::oversize_message::RULE,
    &wire::too_many_headers::RULE,
    &wire::banner_malformed::RULE,
    &schema::unknown_event::RULE,
    &schema::removed_event::RULE,
    &schema::missing_field::RULE,
    &schema::unknown_field::RULE,
    &schema::bad_value::RULE,
    &schema::release::RULE,
];

/// What is looked up in the schema: the rules that do it, by their position in [`RULES`].
#[derive(Debug)]
pub(crate) struct SchemaDispatch(Vec<(usize, Question)>);

impl SchemaDispatch {
    /// The rules that are `on`.
    pub(crate) fn new(on: impl Fn(usize) -> bool) -> Self {
        let question = |(index, rule): (usize, &&'static Rule)| match rule.on {
            On::Schema { question, .. } if on(index) => Some((index, question)),
            _ => None,
        };
        Self(RULES.iter().enumerate().filter_map(question).collect())
    }

    /// Whether none is on.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives the verdicts about one message; `counts` and `severities` are those of all rules.
    pub(crate) fn judge(
        &self,
        look: &Look<'_>,
        at: &Reference,
        counts: &mut [Counts],
        severities: &[Option<Severity>],
        raised: &mut Vec<Raised>,
    ) {
        for (index, question) in self.0.iter().copied() {
            let Some(counts) = counts.get_mut(index) else { continue };
            match look.answer(question) {
                Answer::Yes => counts.held += 1,
                Answer::Unknown => counts.unobservable += 1,
                Answer::No => {
                    if let (Some(rule), Some(Some(severity))) =
                        (RULES.get(index).copied(), severities.get(index).copied())
                        && let On::Schema { broken, .. } = rule.on
                    {
                        let ended = Ended::Forgotten;
                        broken(look, at, &mut Cx { rule, index, severity, ended, counts, raised });
                    }
                }
            }
        }
    }
}

/// The rule with this name.
///
/// ```
/// assert!(ami_conformance::rules::find("channel/hangup-once").is_some());
/// ```
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}

/// A set of rules, by their position in [`RULES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RuleSet(u128);

impl RuleSet {
    /// Adds a rule; `false` when it was there.
    pub(crate) fn insert(&mut self, rule: usize) -> bool {
        let bit = 1 << (rule & 127);
        let new = self.0 & bit == 0;
        self.0 |= bit;
        new
    }

    pub(crate) fn remove(&mut self, rule: usize) {
        self.0 &= !(1 << (rule & 127));
    }

    pub(crate) fn contains(self, rule: usize) -> bool {
        self.0 & (1 << (rule & 127)) != 0
    }
}
