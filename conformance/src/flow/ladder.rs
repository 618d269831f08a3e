//! Lays a call out: a column a channel, a row a step, and how each channel is after each row.

use super::collect::{Call, Recording, Shape};
use crate::finding::Finding;

/// How a channel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Not there yet, or not any more.
    Absent,
    /// There, but not answered.
    Early,
    /// Answered.
    Up,
    /// In a bridge.
    Bridged(usize),
    /// On hold.
    Held,
}

/// A row.
#[derive(Debug)]
pub struct Row<'a> {
    /// The message, as an index of [`Recording::messages`].
    pub message: usize,
    /// Its number in the trace.
    pub number: u64,
    /// Seconds since the call's first message, or the number of the message where there is no `Timestamp`.
    pub time: String,
    /// What is drawn.
    pub shape: Shape,
    /// The column in which it happens.
    pub from: usize,
    /// The column to which an arrow goes.
    pub to: Option<usize>,
    /// What is written beside it.
    pub label: &'a str,
    /// How each channel is from here on.
    pub lives: Vec<Life>,
    /// What is wrong with the message.
    pub findings: Vec<&'a Finding>,
}

/// A call, laid out.
#[derive(Debug)]
pub struct Ladder<'a> {
    /// The trace's name.
    pub source: &'a str,
    /// The call's id.
    pub id: &'a str,
    /// The names and `Uniqueid`s of the columns.
    pub columns: Vec<(&'a str, &'a str)>,
    /// How each channel is before the first row.
    pub before: Vec<Life>,
    /// The rows.
    pub rows: Vec<Row<'a>>,
}

impl<'a> Ladder<'a> {
    /// Lays out a call of a recording.
    pub fn new(recording: &'a Recording, call: &'a Call) -> Self {
        let lane = |channel: &usize| recording.channels.get(*channel);
        let columns =
            call.channels.iter().filter_map(lane).map(|lane| (lane.name.as_str(), lane.id.as_str())).collect();
        // What was not announced was there before the trace began.
        let before: Vec<Life> = call
            .channels
            .iter()
            .map(|channel| if lane(channel).is_some_and(|lane| lane.announced) { Life::Absent } else { Life::Early })
            .collect();
        let column = |channel: Option<usize>| call.channels.iter().position(|other| Some(*other) == channel);
        let mut lives = before.clone();
        // Whether each channel is answered, and the bridge that it is in: what it comes back to from hold.
        let mut standing = vec![(false, None); lives.len()];
        let mut begin = None;
        let mut rows: Vec<Row<'a>> = Vec::new();
        for step in call.steps.iter().filter_map(|step| recording.steps.get(*step)) {
            let Some(stored) = recording.messages.get(step.message) else { continue };
            let (from, to) = (column(step.from), column(step.to));
            let Some(from) = from.or(to) else { continue };
            if let (Some(life), Some((up, bridge))) = (lives.get_mut(from), standing.get_mut(from)) {
                match step.shape {
                    Shape::Born | Shape::State => *up = step.label == "Up",
                    Shape::Enter => *bridge = step.bridge,
                    Shape::Leave => *bridge = None,
                    _ => {}
                }
                *life = match (step.shape, *life, *bridge) {
                    (Shape::Hangup, ..) => Life::Absent,
                    (Shape::Hold, ..) => Life::Held,
                    (Shape::Born | Shape::State | Shape::Enter | Shape::Leave | Shape::Unhold, _, Some(bridge)) => {
                        Life::Bridged(bridge)
                    }
                    (Shape::Born | Shape::State | Shape::Enter | Shape::Leave | Shape::Unhold, _, None) if *up => {
                        Life::Up
                    }
                    (Shape::Born | Shape::State | Shape::Enter | Shape::Leave | Shape::Unhold, ..) => Life::Early,
                    (_, life, _) => life,
                };
            }
            let time = match stored.time {
                Some(time) => {
                    let since = time.saturating_sub(*begin.get_or_insert(time)) / 1000;
                    format!("{}.{:03}", since / 1000, since % 1000)
                }
                None => format!("#{}", stored.message),
            };
            let at = |finding: &&'a Finding| {
                let place = finding.place;
                (place.connection, place.direction, place.message) == (stored.connection, stored.sender, stored.message)
            };
            // A message of two steps shows its findings once.
            let again = rows.last().is_some_and(|row| row.message == step.message);
            let findings = call
                .findings
                .iter()
                .filter(|_| !again)
                .filter_map(|index| recording.findings.get(*index))
                .filter(at)
                .collect();
            rows.push(Row {
                message: step.message,
                number: stored.message,
                time,
                shape: step.shape,
                from,
                to,
                label: step.label.as_str(),
                lives: lives.clone(),
                findings,
            });
        }
        Self { source: recording.source.as_str(), id: call.id.as_str(), columns, before, rows }
    }

    /// How each channel is before a row.
    pub fn lives_before(&self, row: usize) -> &[Life] {
        row.checked_sub(1).and_then(|last| self.rows.get(last)).map_or(&self.before, |last| &last.lives)
    }

    /// How many columns from that of this row on are free for words: no channel lives in them, before or after.
    pub fn free_behind(&self, row: usize) -> usize {
        let Some(this) = self.rows.get(row) else { return 1 };
        let lives = self.lives_before(row).iter().zip(&this.lives).skip(this.from + 1);
        1 + lives.take_while(|(was, is)| (**was, **is) == (Life::Absent, Life::Absent)).count()
    }
}
