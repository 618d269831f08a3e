//! What a rule is given: the message with what it names, and a place for its verdicts.

use std::cell::Cell;

use super::{Rule, RuleSet};
use crate::facts::{Facts, Role};
use crate::finding::{Counts, Finding, Reference, Severity, Verdict};
use crate::model::{Bridge, BridgeKey, Channel, ChannelKey, Model, Named};
use crate::said::Said;
use crate::session::Expected;

/// A message, and the model as it stood before it.
#[derive(Debug)]
pub(crate) struct Scene<'s, 'a> {
    pub(crate) facts: &'s Facts<'a>,
    pub(crate) named: &'s Named<'a>,
    pub(crate) model: &'s Model,
    pub(crate) at: &'s Reference,
    /// The message as a part of the conversation.
    pub(crate) said: &'s Said<'a>,
    /// What the server can be.
    pub(crate) expected: &'s Expected,
}

impl<'s, 'a> Scene<'s, 'a> {
    /// The channels that the message names, with their roles.
    pub(crate) fn channels(&self) -> impl Iterator<Item = (&'s Channel, &'s Role<'a>)> {
        let model = self.model;
        self.named.channels.iter().filter_map(move |(key, role)| Some((model.channel(*key)?, role)))
    }

    /// The channel in the role with this prefix.
    pub(crate) fn channel(&self, prefix: &str) -> Option<&'s Channel> {
        self.model.channel(self.named.channel(prefix)?)
    }

    /// The same as a key.
    pub(crate) fn channel_key(&self, prefix: &str) -> Option<ChannelKey> {
        self.named.channel(prefix)
    }

    /// The bridge that it names, with its key.
    pub(crate) fn bridge(&self) -> Option<(BridgeKey, &'s Bridge)> {
        let key = self.named.bridge()?;
        Some((key, self.model.bridge(key)?))
    }
}

/// Why an entity is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The window of dead entities is full.
    Forgotten,
    /// What may have been said of it was not captured.
    Gap,
    /// The trace ends.
    Trace,
    /// The trace ends, and it covers the server's life from idle to idle: what is open or was born before the window
    /// is a violation.
    Complete,
}

/// A violation with what is needed to tell whether it is a known deviation.
#[derive(Debug)]
pub(crate) struct Raised {
    pub(crate) finding: Finding,
    /// The channel that it is about.
    pub(crate) channel: Option<ChannelKey>,
}

/// Takes the verdicts of one rule.
#[derive(Debug)]
pub(crate) struct Cx<'x> {
    pub(crate) rule: &'static Rule,
    pub(crate) index: usize,
    pub(crate) severity: Severity,
    pub(crate) ended: Ended,
    pub(crate) counts: &'x mut Counts,
    pub(crate) raised: &'x mut Vec<Raised>,
}

/// Where a promise was broken, by whom, and what it contradicts.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) at: Reference,
    pub(crate) entity: String,
    pub(crate) explanation: String,
    pub(crate) related: Vec<Reference>,
    pub(crate) channel: Option<ChannelKey>,
}

impl Cx<'_> {
    /// An obligation was satisfied.
    pub(crate) fn held(&mut self) {
        self.counts.add(Verdict::Held);
    }

    /// An obligation that the trace can't tell about.
    pub(crate) fn unobservable(&mut self) {
        self.counts.add(Verdict::Unobservable);
    }

    /// A promise was broken.
    pub(crate) fn violated(&mut self, broken: Broken) {
        self.counts.add(Verdict::Violated);
        let Broken { at, entity, explanation, related, channel } = broken;
        let finding = Finding {
            rule: self.rule,
            severity: self.severity,
            place: at.place,
            event: Some(at.event.into_owned()).filter(|name| !name.is_empty()),
            entity: Some(entity),
            explanation,
            related,
            known: None,
            baselined: false,
        };
        self.raised.push(Raised { finding, channel });
    }

    /// A promise was broken that is made once for the whole life of an entity: told the first time only.
    pub(crate) fn violated_once(&mut self, reported: &Cell<RuleSet>, broken: impl FnOnce() -> Broken) {
        let mut rules = reported.get();
        if rules.insert(self.index) {
            reported.set(rules);
            self.violated(broken());
        }
    }

    /// Whether it was told that this promise is broken for the entity.
    pub(crate) fn was_reported(&self, reported: &Cell<RuleSet>) -> bool {
        reported.get().contains(self.index)
    }

    /// An obligation that is pending at the end: open, or violated when the trace is complete.
    pub(crate) fn open(&mut self, broken: impl FnOnce() -> Broken) {
        match self.ended {
            Ended::Complete => self.violated(broken()),
            Ended::Trace | Ended::Forgotten => self.counts.add(Verdict::Open),
            Ended::Gap => self.counts.add(Verdict::Unobservable),
        }
    }

    /// An obligation of an entity that was there before the trace: unobservable, or violated when the trace is
    /// complete.
    pub(crate) fn born_before(&mut self, broken: impl FnOnce() -> Broken) {
        match self.ended {
            Ended::Complete => self.violated(broken()),
            Ended::Trace | Ended::Forgotten | Ended::Gap => self.counts.add(Verdict::Unobservable),
        }
    }
}
