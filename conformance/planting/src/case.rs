//! A planted fault, and whether the checker found it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use ami_conformance::{Options, Sender, Session, rules};

use crate::naive;
use crate::trace::{Msg, Trace};

/// A recorded trace with one fault in it, and what must be found.
#[derive(Clone, Debug)]
pub struct Case {
    /// The rule that is broken.
    pub rule: &'static str,
    /// In which way.
    pub way: &'static str,
    /// The recorded trace.
    pub trace: Arc<Trace>,
    /// What the server sends now.
    pub server: Vec<Arc<Msg>>,
    /// What the client sends now; `None` when the capture has the server's side only.
    pub client: Option<Vec<Arc<Msg>>>,
    /// Where it must be found.
    pub at: Arc<Msg>,
    /// What must be related; `None` where the letter doesn't tell.
    pub related: Option<Vec<Arc<Msg>>>,
    /// What else is legitimately broken by the same edit, apart from what the naive judge finds: rules, which may
    /// speak of messages that share an identifier with what was touched.
    pub also: Vec<&'static str>,
    /// The capture covers the server's life from idle to idle.
    pub complete: bool,
    /// The classes that the user may read; empty for all.
    pub read: String,
    /// The user's event filter, where there is one.
    pub filter: &'static str,
}

/// What was found, in a form that compares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The rule.
    pub rule: &'static str,
    /// Whether the message is the client's.
    pub client: bool,
    /// The message.
    pub at: usize,
    /// The others, in order.
    pub related: Vec<(bool, usize)>,
    /// The known deviation that it is.
    pub known: Option<&'static str>,
    /// What it is about.
    pub entity: Option<String>,
}

/// What the checker finds.
pub fn check(server: &[Arc<Msg>], client: Option<&[Arc<Msg>]>, options: Options) -> Vec<Found> {
    let mut session = Session::new(0, options);
    let mut feed = |sender: Sender, messages: &[Arc<Msg>]| {
        let bytes = messages.iter().map(|message| message.bytes.as_slice()).collect::<Vec<_>>().concat();
        let parser = ami_wire::Parser::new().direction(sender.direction());
        let mut messages = parser.messages(&bytes);
        for message in &mut messages {
            match message {
                Ok(message) => session.push(sender, &message),
                Err(error) => session.skip(sender, error),
            }
        }
        if let Some(blank) = messages.trailing_blank() {
            session.trailing_blank(sender, blank);
        }
    };
    if let Some(client) = client {
        feed(Sender::Client, client);
    }
    feed(Sender::Server, server);
    session.finish();
    let mut found: Vec<Found> = session
        .findings()
        .map(|finding| {
            let is_client = |sender| sender == Sender::Client;
            let related = finding.related.iter();
            let mut related: Vec<(bool, usize)> =
                related.map(|other| (is_client(other.place.direction), other.place.message as usize)).collect();
            related.sort_unstable();
            Found {
                rule: finding.rule.name,
                client: is_client(finding.place.direction),
                at: finding.place.message as usize,
                related,
                known: finding.known,
                entity: finding.entity,
            }
        })
        .collect();
    found.sort();
    found
}

/// How a case came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the planted fault was found, at its message, with the messages that it contradicts.
    pub found: bool,
    /// How many findings have nothing to do with it.
    pub unrelated: usize,
    /// What is not as the letter demands; empty when all is.
    pub wrong: String,
}

/// Findings in recorded traces, looked up once per trace.
#[derive(Debug, Default)]
pub struct Judge {
    unbroken: BTreeMap<(String, bool, bool, String), Vec<Found>>,
    naive: BTreeMap<String, Vec<naive::Broken>>,
}

fn place(messages: &[Arc<Msg>], message: &Arc<Msg>) -> Option<usize> {
    messages.iter().position(|other| Arc::ptr_eq(other, message))
}

/// Where each recorded message is now.
fn moved(messages: &[Arc<Msg>]) -> BTreeMap<usize, usize> {
    messages.iter().enumerate().filter_map(|(now, message)| Some((message.origin?, now))).collect()
}

impl Judge {
    fn options(case: &Case) -> Options {
        let mut options = Options { complete: case.complete, known: false, notes: true, ..Options::default() };
        if !case.read.is_empty() {
            options.subscription.read(&case.read).expect("planters know the classes");
        }
        if !case.filter.is_empty() {
            options.subscription.filter(case.filter).expect("planters know expressions");
        }
        options
    }

    fn unbroken(&mut self, case: &Case) -> &[Found] {
        let both = case.client.is_some();
        let trace = &case.trace;
        self.unbroken
            .entry((trace.name.clone(), both, case.complete, format!("{} {}", case.read, case.filter)))
            .or_insert_with(|| check(&trace.server, both.then_some(&trace.client[..]), Self::options(case)))
    }

    /// Defects of the wire in what the server sent, each with its message.
    fn faulty<'c>(&mut self, case: &'c Case) -> BTreeSet<(&'static str, &'c [u8])> {
        let trace = &case.trace;
        let of_wire = |found: &&Found| !found.client && found.rule.starts_with("wire/");
        let message = |found: &Found| Some((found.rule, &trace.server.get(found.at)?.bytes[..]));
        self.unbroken(case).iter().filter(of_wire).filter_map(message).collect()
    }

    /// Runs the checker over the case and compares.
    pub fn judge(&mut self, case: &Case) -> Outcome {
        let found = check(&case.server, case.client.as_deref(), Self::options(case));
        let now = [moved(&case.server), moved(case.client.as_deref().unwrap_or_default())];
        let mut before: Vec<(&'static str, bool, usize)> = Vec::new();
        for old in self.unbroken(case) {
            if let Some(at) = now[usize::from(old.client)].get(&old.at) {
                before.push((old.rule, old.client, *at));
            }
        }
        let mut new = Vec::new();
        let faulty = self.faulty(case);
        for finding in &found {
            // A copy of a message is written as badly as the message.
            let copy = case.server.get(finding.at).filter(|_| !finding.client && finding.rule.starts_with("wire/"));
            if copy.is_some_and(|copy| copy.origin.is_none() && faulty.contains(&(finding.rule, &copy.bytes[..]))) {
                continue;
            }
            let key = (finding.rule, finding.client, finding.at);
            match before.iter().position(|old| *old == key) {
                Some(at) => drop(before.swap_remove(at)),
                None => new.push(finding.clone()),
            }
        }
        let in_server = place(&case.server, &case.at);
        let client = case.client.as_deref().unwrap_or_default();
        let Some(at) = in_server.or_else(|| place(client, &case.at)) else {
            let wrong = "the case expects a finding at a message that it does not hold".to_owned();
            return Outcome { wrong, ..Outcome::default() };
        };
        let is_target =
            |finding: &Found| finding.rule == case.rule && finding.at == at && finding.client == in_server.is_none();
        let mut outcome = Outcome::default();
        let wrong = &mut outcome.wrong;
        match new.iter().position(is_target) {
            None => {
                let _ = write!(wrong, "not found at message {at}; ");
            }
            Some(index) => {
                let finding = new.remove(index);
                outcome.found = true;
                if let Some(related) = &case.related {
                    let mut wanted: Vec<(bool, usize)> = related
                        .iter()
                        .filter_map(|message| {
                            let server = place(&case.server, message).map(|at| (false, at));
                            server.or_else(|| place(client, message).map(|at| (true, at)))
                        })
                        .collect();
                    wanted.sort_unstable();
                    if wanted != finding.related {
                        outcome.found = false;
                        let _ = write!(wrong, "related are {:?}, not {wanted:?}; ", finding.related);
                    }
                }
            }
        }
        self.unrelated(case, at, &new, &mut outcome);
        outcome
    }

    /// Looks for what should not have been found besides, and for what should have been.
    fn unrelated(&mut self, case: &Case, at: usize, new: &[Found], outcome: &mut Outcome) {
        let now = moved(&case.server);
        let mut expected: Vec<(&'static str, usize)> = Vec::new();
        if case.trace.is_modern() {
            let old = self
                .naive
                .entry(case.trace.name.clone())
                .or_insert_with(|| naive::judge(&case.trace.server))
                .iter()
                .filter_map(|broken| Some((broken.rule, *now.get(&broken.at)?)))
                .collect::<Vec<_>>();
            expected = naive::judge(&case.server).into_iter().map(|broken| (broken.rule, broken.at)).collect();
            if naive::JUDGED.contains(&case.rule) && !case.complete && !expected.contains(&(case.rule, at)) {
                outcome.wrong.push_str("by the letter there is no fault; ");
            }
            expected.retain(|broken| rules::find(broken.0).is_some());
            for broken in old.iter().chain([&(case.rule, at)]) {
                take(&mut expected, broken);
            }
        }
        let touched = touched(case);
        for finding in new {
            if naive::JUDGED.contains(&finding.rule) {
                if take(&mut expected, &(finding.rule, finding.at)) || case.complete {
                    continue;
                }
            } else if finding.rule.starts_with("schema/") && self.is_of_edit(case, finding) {
                continue;
            } else if case.also.contains(&finding.rule) {
                let side = if finding.client { case.client.as_deref().unwrap_or_default() } else { &case.server };
                let there = side.get(finding.at);
                let near = there.is_some_and(|message| {
                    case.complete || message.entities().any(|id| touched.contains(id)) || finding.at == at
                });
                if near {
                    continue;
                }
            }
            outcome.unrelated += 1;
            let entity = finding.entity.as_deref().unwrap_or("nothing");
            let _ = write!(outcome.wrong, "unrelated: {} of {entity} at message {}; ", finding.rule, finding.at);
        }
        for (rule, at) in expected {
            let _ = write!(outcome.wrong, "the same edit breaks {rule} at message {at}, which was not found; ");
        }
    }
}

impl Judge {
    /// Whether the edit itself breaks what the schema says: it touched the header that the finding is about, or the name
    /// of the event, or wrote the message.
    fn is_of_edit(&mut self, case: &Case, finding: &Found) -> bool {
        let (side, old) = if finding.client {
            (case.client.as_deref().unwrap_or_default(), &case.trace.client)
        } else {
            (&case.server[..], &case.trace.server)
        };
        let Some(message) = side.get(finding.at) else { return false };
        let key = finding.entity.as_deref().unwrap_or_default();
        if let Some(old) = message.origin.and_then(|at| old.get(at)) {
            return old.event() != message.event() || !old.all(key).eq(message.all(key));
        }
        // A copy is as good as its original; what was written by hand answers for each header that it has or lacks.
        match old.iter().position(|other| other.bytes == message.bytes) {
            Some(at) => {
                let same = |old: &Found| (old.rule, old.client, old.at) == (finding.rule, finding.client, at);
                self.unbroken(case).iter().any(same)
            }
            None => true,
        }
    }
}

/// Removes one of them; `false` when there is none.
fn take<T: PartialEq>(from: &mut Vec<T>, what: &T) -> bool {
    let at = from.iter().position(|other| other == what);
    at.map(|at| from.swap_remove(at)).is_some()
}

/// The identifiers in the messages that the edit touched.
fn touched(case: &Case) -> BTreeSet<String> {
    let kept: BTreeSet<*const Msg> = case.server.iter().map(Arc::as_ptr).collect();
    let old: BTreeSet<*const Msg> = case.trace.server.iter().map(Arc::as_ptr).collect();
    let gone = case.trace.server.iter().filter(|message| !kept.contains(&Arc::as_ptr(message)));
    let come = case.server.iter().filter(|message| !old.contains(&Arc::as_ptr(message)));
    gone.chain(come)
        .chain([&case.at])
        .chain(case.related.iter().flatten())
        .flat_map(|message| message.entities())
        .map(str::to_owned)
        .collect()
}
