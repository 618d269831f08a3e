//! For each rule, the ways in which its sentence can be broken. One file a group.

mod applications;
mod bridge;
mod channel;
mod dial;
mod legacy;
mod schema;
mod talk;
mod transfer;
mod values;
mod wire;

use std::sync::Arc;

use crate::case::Case;
use crate::naive;
use crate::trace::{Msg, Trace};

/// Breaks one rule in recorded traces.
#[derive(Clone, Copy)]
pub struct Planter {
    /// The rule.
    pub rule: &'static str,
    /// Breaks it in this trace in every way that the trace has occasion for.
    pub plant: fn(&mut Garden<'_>),
}

impl std::fmt::Debug for Planter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Planter").field(&self.rule).finish()
    }
}

/// Every planter, in the order of the catalogue.
pub static PLANTERS: &[&[Planter]] = &[
    channel::PLANTERS,
    dial::PLANTERS,
    bridge::PLANTERS,
    values::PLANTERS,
    transfer::PLANTERS,
    applications::PLANTERS,
    talk::PLANTERS,
    wire::PLANTERS,
    legacy::PLANTERS,
    schema::PLANTERS,
];

/// The planters of a rule.
pub fn of_rule(rule: &str) -> impl Iterator<Item = &'static Planter> {
    PLANTERS.iter().copied().flatten().filter(move |planter| planter.rule == rule)
}

/// Whether a rule speaks of traces of this generation.
pub fn applies(rule: &str, trace: &Trace) -> bool {
    match rule.split('/').next().unwrap_or_default() {
        "wire" | "action" | "list" | "session" | "schema" => true,
        "legacy" => !trace.is_modern(),
        _ => trace.is_modern(),
    }
}

/// All cases for a trace; `most` bounds how many there are of each way, spread over the trace.
pub fn cases(planter: &Planter, trace: &Arc<Trace>, most: usize) -> Vec<Case> {
    let mut garden = Garden { trace, broken: naive::judge(&trace.server), rule: planter.rule, most, cases: Vec::new() };
    (planter.plant)(&mut garden);
    garden.cases
}

/// A trace in which faults are planted, and those planted so far.
#[derive(Debug)]
pub struct Garden<'t> {
    pub(crate) trace: &'t Arc<Trace>,
    /// What is broken in it as it was recorded.
    broken: Vec<naive::Broken>,
    rule: &'static str,
    most: usize,
    cases: Vec<Case>,
}

impl<'t> Garden<'t> {
    /// The messages of the server.
    pub(crate) fn messages(&self) -> &'t [Arc<Msg>] {
        &self.trace.server
    }

    /// Some of the places, evenly spread.
    pub(crate) fn some<T>(&self, places: Vec<T>) -> Vec<T> {
        let step = places.len().div_ceil(self.most).max(1);
        places.into_iter().step_by(step).collect()
    }

    /// Where this event stands: some of the places.
    pub(crate) fn sites(&self, event: &str) -> Vec<usize> {
        self.some(self.trace.all(event))
    }

    /// Whether the rule is kept, as far as this channel, bridge or list goes, in the trace as it was recorded.
    pub(crate) fn is_clean(&self, id: &str) -> bool {
        self.broken
            .iter()
            .filter(|broken| broken.rule == self.rule)
            .all(|broken| !self.messages()[broken.at].entities().any(|entity| entity == id))
    }

    /// An edit to begin with.
    pub(crate) fn edit(&self) -> Edit {
        Edit { messages: self.trace.server.clone() }
    }

    /// Puts another line in the place of the banner. What is no banner has no end of its own: it becomes the first line
    /// of the message behind it.
    pub(crate) fn with_first_line(&self, banner: &Arc<Msg>, line: &str) -> (Edit, Arc<Msg>) {
        let second = self.messages().get(1).map_or(&[][..], |second| &second.bytes);
        let new = Arc::new(Msg::new([line.as_bytes(), second].concat(), Some(1)));
        let edit = self.edit().replace(banner, &new);
        (self.messages().get(1).map_or(edit.clone(), |second| edit.drop(second)), new)
    }

    /// Adds a case: a message that carries a wrong value or lacks one, and is itself the place.
    pub(crate) fn alter(&mut self, way: &'static str, old: &Arc<Msg>, new: &Arc<Msg>) -> &mut Case {
        let edit = self.edit().replace(old, new);
        self.expect(way, edit, new)
    }

    /// Adds a case: the fault stands at this message.
    pub(crate) fn expect(&mut self, way: &'static str, edit: Edit, at: &Arc<Msg>) -> &mut Case {
        self.cases.push(Case {
            rule: self.rule,
            way,
            trace: Arc::clone(self.trace),
            server: edit.messages,
            client: None,
            at: Arc::clone(at),
            related: None,
            also: Vec::new(),
            complete: false,
            read: String::new(),
            filter: "",
        });
        self.cases.last_mut().expect("it was just pushed")
    }
}

impl Case {
    /// Demands these related messages.
    pub(crate) fn related<'m>(&mut self, messages: impl IntoIterator<Item = &'m Arc<Msg>>) -> &mut Self {
        self.related = Some(messages.into_iter().cloned().collect());
        self
    }

    /// Shows what the client sent as well.
    pub(crate) fn both(&mut self) -> &mut Self {
        self.client = Some(self.trace.client.clone());
        self
    }

    /// Lets other rules speak up as well.
    pub(crate) fn also(&mut self, rules: &[&'static str]) -> &mut Self {
        self.also.extend_from_slice(rules);
        self
    }
}

/// A trace that is being edited. Messages are addressed by themselves, so that places never have to be recomputed.
#[derive(Clone, Debug)]
pub struct Edit {
    messages: Vec<Arc<Msg>>,
}

impl Edit {
    fn place(&self, message: &Arc<Msg>) -> usize {
        self.messages.iter().position(|other| Arc::ptr_eq(other, message)).unwrap_or(self.messages.len())
    }

    /// Takes a message away.
    pub(crate) fn drop(mut self, message: &Arc<Msg>) -> Self {
        self.messages.retain(|other| !Arc::ptr_eq(other, message));
        self
    }

    /// Inserts a message before another one.
    pub(crate) fn before(mut self, other: &Arc<Msg>, message: &Arc<Msg>) -> Self {
        let at = self.place(other);
        self.messages.insert(at, Arc::clone(message));
        self
    }

    /// Inserts a message behind another one.
    pub(crate) fn behind(mut self, other: &Arc<Msg>, message: &Arc<Msg>) -> Self {
        let at = self.place(other) + 1;
        self.messages.insert(at.min(self.messages.len()), Arc::clone(message));
        self
    }

    /// Puts a message in the place of another one.
    pub(crate) fn replace(mut self, old: &Arc<Msg>, new: &Arc<Msg>) -> Self {
        let at = self.place(old);
        if let Some(place) = self.messages.get_mut(at) {
            *place = Arc::clone(new);
        }
        self
    }

    /// Ends the trace behind this message.
    pub(crate) fn until(mut self, message: &Arc<Msg>) -> Self {
        let at = self.place(message);
        self.messages.truncate(at + 1);
        self
    }
}

/// What watches single snapshots, dialplan positions and calls may legitimately speak up when a snapshot event is
/// moved, taken away or told twice.
pub(crate) const SNAPSHOTS: &[&str] =
    &["channel/newstate-announces", "dialplan/newexten-on-transition", "channel/linkedid-known"];
