//! Checks whole traces.

use std::collections::BTreeMap;
use std::ops::ControlFlow::Continue;
use std::sync::Arc;

use ami_wire::{Error, Kind, Message, Parser};
use serde::Serialize;

use crate::finding::{Finding, Sender, Severity};
use crate::release::Releases;
use crate::session::{Options, Plan, RuleCounts, Session};
use crate::source::{Consumer, Ended, Gap, InputError, Opened, Trace};

/// What was found in one trace.
#[derive(Debug, Default)]
pub struct Checked {
    /// The trace's name.
    pub source: String,
    /// How many connections it holds.
    pub connections: usize,
    /// How many messages it holds, of both directions.
    pub messages: u64,
    /// How many of these have a kind. Where none has one, it is hardly a capture of AMI.
    pub of_a_kind: u64,
    /// Which releases the server can be; of the first connection whose banner tells.
    pub release: Option<Releases>,
    /// Broken promises, in order of the messages.
    pub findings: Vec<Finding>,
    /// How the obligations of each rule came out.
    pub rules: RuleCounts,
    /// What was not captured.
    pub gaps: Gaps,
}

/// Bytes that a capture lacks in the middle of its connections: what they hold is not known, and nothing is held against
/// anyone because of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Gaps {
    /// How many there are.
    pub count: u64,
    /// How many bytes of messages were lost: those that are missing, and those of messages that were cut by them.
    pub bytes: u64,
}

/// Whether a trace keeps what the protocol promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Conformance {
    /// No error, but for known deviations of stock servers and what a baseline excuses.
    Conforms,
    /// An error that is not known.
    Violates,
}

impl Checked {
    /// Whether the trace keeps what the protocol promises: there is no error but excused ones.
    pub fn verdict(&self) -> Conformance {
        let unknown = |finding: &Finding| finding.severity == Severity::Error && !finding.is_excused();
        if self.findings.iter().any(unknown) { Conformance::Violates } else { Conformance::Conforms }
    }

    /// How many findings of this severity count: no known deviations, nothing that a baseline excuses.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| !finding.is_excused() && finding.severity == severity).count()
    }

    /// How many findings a baseline excuses.
    pub fn count_baselined(&self) -> usize {
        self.findings.iter().filter(|finding| finding.baselined).count()
    }

    /// How many findings are known deviations.
    pub fn count_known(&self) -> usize {
        self.findings.iter().filter(|finding| finding.known.is_some()).count()
    }
}

/// Checks a trace. The connections of a packet capture are spread over the threads of the `rayon` pool that this is called
/// from; how many there are changes nothing in what is found.
///
/// # Errors
///
/// The input that could not be read, beside what was found until then.
#[allow(clippy::needless_pass_by_value, reason = "a caller has no use for them afterwards")]
pub fn check(trace: &Trace, options: Options) -> (Checked, Result<(), InputError>) {
    let plan = Arc::new(Plan::new(&options));
    let make = || Sessions::new(options.clone(), Arc::clone(&plan));
    let (shares, result) = trace.read_spread(Parser::new(), make, |_| Continue(()));
    let mut checked = Checked { source: trace.name.clone(), ..Checked::default() };
    let mut first_release = u32::MAX;
    for mut sessions in shares {
        while let Some((_, session)) = sessions.open.pop_first() {
            sessions.finish(session);
        }
        let share = sessions.checked;
        checked.connections = checked.connections.max(share.connections);
        checked.messages += share.messages;
        checked.of_a_kind += share.of_a_kind;
        if sessions.first_release < first_release {
            first_release = sessions.first_release;
            checked.release = share.release;
        }
        checked.findings.extend(share.findings);
        checked.rules.merge(&share.rules);
        checked.gaps.count += share.gaps.count;
        checked.gaps.bytes += share.gaps.bytes;
    }
    checked.findings.sort_by(|a, b| a.order().cmp(&b.order()));
    (checked, result)
}

/// Connections of a trace.
struct Sessions {
    options: Options,
    plan: Arc<Plan>,
    /// Those that have not ended.
    open: BTreeMap<u32, Session>,
    /// The connection that told the release.
    first_release: u32,
    checked: Checked,
}

impl Sessions {
    fn new(options: Options, plan: Arc<Plan>) -> Self {
        Self { options, plan, open: BTreeMap::new(), first_release: u32::MAX, checked: Checked::default() }
    }

    fn session(&mut self, connection: u32) -> &mut Session {
        self.checked.connections = self.checked.connections.max(connection as usize + 1);
        self.open
            .entry(connection)
            .or_insert_with(|| Session::planned(connection, self.options.clone(), Arc::clone(&self.plan)))
    }

    fn finish(&mut self, mut session: Session) {
        let checked = &mut self.checked;
        checked.rules.merge(&session.finish());
        checked.messages += session.message_count();
        if let Some(release) = session.release().filter(|_| session.connection() < self.first_release) {
            checked.release = Some(release);
            self.first_release = session.connection();
        }
        checked.findings.extend(session.findings());
    }
}

impl Consumer for Sessions {
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        let has_kind = message.as_ref().is_ok_and(|message| message.kind() != Kind::Unknown);
        self.checked.of_a_kind += u64::from(has_kind);
        let session = self.session(connection);
        match message {
            Ok(message) => session.push(sender, &message),
            Err(error) => session.skip(sender, error),
        }
    }

    fn end(&mut self, connection: u32, sender: Sender, ended: Ended) {
        // An empty stream is a connection, too.
        let session = self.session(connection);
        if let Some(blank) = ended.trailing_blank {
            session.trailing_blank(sender, blank);
        }
        if ended.cut {
            session.cut_off(sender);
        }
    }

    fn opened(&mut self, connection: u32, opened: &Opened) {
        let session = self.session(connection);
        for sender in [Sender::Server, Sender::Client] {
            if opened.midway(sender) {
                session.gap(sender);
            }
        }
    }

    fn gap(&mut self, connection: u32, sender: Sender, gap: Gap) {
        self.checked.gaps.count += 1;
        self.checked.gaps.bytes += gap.to.saturating_sub(gap.from);
        self.session(connection).gap(sender);
    }

    fn closed(&mut self, connection: u32) {
        // Memory is for connections that live.
        if let Some(session) = self.open.remove(&connection) {
            self.finish(session);
        }
    }
}
