//! AGI: sessions that a client controls, and commands.

use super::{Channel, Event, Model, Named};
use crate::facts::Facts;
use crate::finding::Reference;

/// A command with its `CommandId`.
type Command = (Box<[u8]>, Reference);

/// What AGI says of a channel.
#[derive(Clone, Debug, Default)]
pub struct Agi {
    /// The `AsyncAGIStart` of the session under way.
    pub start: Option<Reference>,
    /// The last `AsyncAGIEnd`.
    pub end: Option<Reference>,
    /// Whether that end came before its start, which was told.
    ends_early: bool,
    /// Commands that have begun and not ended.
    pub commands: Vec<Command>,
    /// The last command that has ended.
    pub ended: Option<Command>,
    /// Whether it ended before it began.
    command_ends_early: bool,
}

/// A channel runs one command at a time, and those that it calls; more are leftovers.
const COMMANDS: usize = 16;

impl Agi {
    /// The beginning of the command under way with this `CommandId`.
    pub fn command(&self, id: &[u8]) -> Option<&Reference> {
        self.commands.iter().find(|(other, _)| **other == *id).map(|(_, at)| at)
    }

    /// The end of the last command, if it had this `CommandId`.
    pub fn ended(&self, id: &[u8]) -> Option<&Reference> {
        self.ended.as_ref().filter(|(other, _)| **other == *id).map(|(_, at)| at)
    }
}

impl Channel {
    /// The `AsyncAGIStart` of the session under way.
    pub fn agi_session(&self) -> Option<&Reference> {
        self.agi.as_ref()?.start.as_ref()
    }
}

impl Model {
    pub(super) fn run_agi(&mut self, facts: &Facts<'_>, named: &Named<'_>, at: &Reference) {
        let Some(key) = named.channel("") else { return };
        let is_whole = self.channels.get(key).is_some_and(|channel| self.whole_life(channel).is_some());
        let Some(channel) = self.channels.get_mut(key) else { return };
        let id = facts.message.get("CommandId").unwrap_or_default();
        let agi = channel.agi.get_or_insert_default();
        match facts.event {
            Event::AsyncAgiStart => {
                if !std::mem::take(&mut agi.ends_early) && agi.start.is_none() {
                    agi.start = Some(at.clone());
                }
            }
            Event::AsyncAgiEnd => {
                agi.ends_early = agi.start.take().is_none() && agi.end.is_none() && is_whole;
                agi.end = Some(at.clone());
            }
            Event::AgiExecStart => {
                let early = std::mem::take(&mut agi.command_ends_early) && agi.ended(id).is_some();
                if !early && agi.command(id).is_none() {
                    agi.commands.truncate(COMMANDS - 1);
                    agi.commands.push((id.into(), at.clone()));
                }
            }
            _ => {
                let known = agi.command(id).is_some() || agi.ended(id).is_some();
                agi.command_ends_early = !known && is_whole;
                agi.commands.retain(|(other, _)| **other != *id);
                agi.ended = Some((id.into(), at.clone()));
            }
        }
    }
}
