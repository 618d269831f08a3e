//! Callers in queues, and the agents who are offered their calls.

use super::{Event, Model, Named};
use crate::facts::Facts;
use crate::finding::Reference;

/// A caller's stay in a queue.
#[derive(Clone, Debug)]
pub struct Stay {
    /// The queue.
    pub queue: Box<[u8]>,
    /// The `QueueCallerJoin`.
    pub join: Option<Reference>,
    /// The `QueueCallerLeave`.
    pub leave: Option<Reference>,
}

impl Stay {
    /// Its beginning, while it lasts.
    pub fn pending(&self) -> Option<&Reference> {
        self.join.as_ref().filter(|_| self.leave.is_none())
    }
}

/// A call that was offered to an agent.
#[derive(Clone, Debug)]
pub struct AgentCall {
    queue: Box<[u8]>,
    interface: Box<[u8]>,
    /// The last `AgentCalled`.
    pub called: Option<Reference>,
    /// The `AgentConnect`.
    pub connect: Option<Reference>,
    /// The `AgentComplete` or `AgentDump`.
    pub end: Option<Reference>,
}

impl AgentCall {
    /// The `AgentConnect`, while agent and caller talk.
    pub fn pending(&self) -> Option<&Reference> {
        self.connect.as_ref().filter(|_| self.end.is_none())
    }
}

/// What queues say of a caller.
#[derive(Clone, Debug, Default)]
pub struct Queueing {
    /// The last stay in each queue.
    pub stays: Vec<Stay>,
    /// The last call to each agent.
    pub calls: Vec<AgentCall>,
    /// Whether there were more than are remembered.
    pub is_incomplete: bool,
}

/// Queues in which a caller is remembered.
const STAYS: usize = 16;
/// Agents to which a caller's call is remembered to have been offered.
const CALLS: usize = 1024;

/// The queue of an event, and the agent's interface.
fn place<'a>(facts: &Facts<'a>) -> [&'a [u8]; 2] {
    ["Queue", "Interface"].map(|key| facts.message.get(key).unwrap_or_default())
}

impl Queueing {
    /// The stay of which an event speaks.
    pub(crate) fn stay(&self, facts: &Facts<'_>) -> Option<&Stay> {
        let [queue, _] = place(facts);
        self.stays.iter().find(|stay| *stay.queue == *queue)
    }

    /// The call of which an event speaks.
    pub(crate) fn call(&self, facts: &Facts<'_>) -> Option<&AgentCall> {
        let [queue, interface] = place(facts);
        self.calls.iter().find(|call| *call.queue == *queue && *call.interface == *interface)
    }
}

impl Model {
    pub(super) fn queue(&mut self, facts: &Facts<'_>, named: &Named<'_>, at: &Reference) {
        let Some(key) = named.channel("") else { return };
        let Some(channel) = self.channels.get(key) else { return };
        let whole_life = self.whole_life(channel).is_some();
        let Some(channel) = self.channels.get_mut(key) else { return };
        let queueing = channel.queueing.get_or_insert_default();
        let [queue, _] = place(facts);
        let stay = queueing.stays.iter_mut().find(|stay| *stay.queue == *queue);
        let at = Some(at.clone());
        match (stay, facts.event) {
            // A Leave that came too early stands for the one that belongs behind this Join.
            (Some(stay), Event::QueueCallerJoin) if stay.join.is_none() && whole_life => stay.join = at,
            (Some(stay), Event::QueueCallerJoin) => {
                if stay.pending().is_none() {
                    (stay.join, stay.leave) = (at, None);
                }
            }
            (Some(stay), _) => stay.leave = stay.leave.take().or(at),
            (None, event) => {
                if queueing.stays.len() == STAYS {
                    queueing.stays.remove(0);
                    queueing.is_incomplete = true;
                }
                let (join, leave) = if event == Event::QueueCallerJoin { (at, None) } else { (None, at) };
                queueing.stays.push(Stay { queue: queue.into(), join, leave });
            }
        }
    }

    pub(super) fn offer(&mut self, facts: &Facts<'_>, named: &Named<'_>, at: &Reference) {
        let Some(channel) = named.channel("").and_then(|key| self.channels.get_mut(key)) else { return };
        let queueing = channel.queueing.get_or_insert_default();
        let [queue, interface] = place(facts);
        let position = queueing.calls.iter().position(|call| *call.queue == *queue && *call.interface == *interface);
        if facts.event == Event::AgentRingNoAnswer {
            // What was not answered is over; a break after the AgentConnect changes nothing.
            if let Some(position) = position.filter(|at| queueing.calls.get(*at).is_some_and(|c| c.connect.is_none())) {
                queueing.calls.remove(position);
            }
            return;
        }
        let position = position.unwrap_or_else(|| {
            if queueing.calls.len() == CALLS {
                queueing.calls.remove(0);
                queueing.is_incomplete = true;
            }
            let (queue, interface) = (queue.into(), interface.into());
            queueing.calls.push(AgentCall { queue, interface, called: None, connect: None, end: None });
            queueing.calls.len() - 1
        });
        let Some(call) = queueing.calls.get_mut(position) else { return };
        let at = Some(at.clone());
        match facts.event {
            Event::AgentCalled => {
                if call.pending().is_none() {
                    (call.called, call.connect, call.end) = (at, None, None);
                }
            }
            Event::AgentConnect => {
                if call.pending().is_none() {
                    (call.connect, call.end) = (at, None);
                }
            }
            _ => call.end = call.end.take().or(at),
        }
    }
}
