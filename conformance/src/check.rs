//! Checks whole traces.

use ami_wire::{Error, Message, Parser};
use serde::Serialize;

use crate::finding::{Finding, Sender, Severity};
use crate::release::Releases;
use crate::session::{Options, RuleCounts, Session};
use crate::source::{Consumer, Ended, InputError, Trace};

/// What was found in one trace.
#[derive(Debug)]
pub struct Checked {
    /// The trace's name.
    pub source: String,
    /// How many connections it holds.
    pub connections: usize,
    /// How many messages it holds, of both directions.
    pub messages: u64,
    /// Which releases the server can be; of the first connection whose banner tells.
    pub release: Option<Releases>,
    /// Broken promises, in order of the messages.
    pub findings: Vec<Finding>,
    /// How the obligations of each rule came out.
    pub rules: RuleCounts,
}

/// Whether a trace keeps what the protocol promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Conformance {
    /// No error, or known deviations of stock servers only.
    Conforms,
    /// An error that is not known.
    Violates,
}

impl Checked {
    /// Whether the trace keeps what the protocol promises: there is no error but known deviations.
    pub fn verdict(&self) -> Conformance {
        let unknown = |finding: &Finding| finding.severity == Severity::Error && finding.known.is_none();
        if self.findings.iter().any(unknown) { Conformance::Violates } else { Conformance::Conforms }
    }

    /// How many findings of this severity are not known deviations.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.known.is_none() && finding.severity == severity).count()
    }

    /// How many findings are known deviations.
    pub fn count_known(&self) -> usize {
        self.findings.iter().filter(|finding| finding.known.is_some()).count()
    }
}

/// Checks a trace.
///
/// # Errors
///
/// The input that could not be read, beside what was found until then.
pub fn check(trace: &Trace, options: Options) -> (Checked, Result<(), InputError>) {
    let mut sessions = Sessions { options, all: Vec::new() };
    let result = trace.read(Parser::new(), &mut sessions);
    let mut checked = Checked {
        source: trace.name.clone(),
        connections: sessions.all.len(),
        messages: 0,
        release: None,
        findings: Vec::new(),
        rules: RuleCounts::default(),
    };
    for mut session in sessions.all {
        checked.rules.merge(&session.finish());
        checked.messages += session.message_count();
        checked.release = checked.release.or(session.release());
        checked.findings.extend(session.findings());
    }
    checked.findings.sort_by(|a, b| a.order().cmp(&b.order()));
    (checked, result)
}

/// The connections of a trace.
struct Sessions {
    options: Options,
    all: Vec<Session>,
}

impl Sessions {
    fn session(&mut self, connection: u32) -> Option<&mut Session> {
        let at = connection as usize;
        while self.all.len() <= at {
            self.all.push(Session::new(self.all.len() as u32, self.options));
        }
        self.all.get_mut(at)
    }
}

impl Consumer for Sessions {
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        let Some(session) = self.session(connection) else { return };
        match message {
            Ok(message) => session.push(sender, &message),
            Err(_) => session.skip(sender),
        }
    }

    fn end(&mut self, connection: u32, _sender: Sender, _ended: Ended) {
        // An empty stream is a connection, too.
        self.session(connection);
    }
}
