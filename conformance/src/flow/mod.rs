//! What happened in a call, to look at: channels side by side, time downwards.
//!
//! [`collect`] reads a trace and sorts its channels into calls, [`ladder`] lays one call out, and [`text`], [`svg`] and
//! [`html`] draw it.

pub mod collect;
pub mod html;
pub mod ladder;
pub mod svg;
pub mod text;

use crate::finding::{Finding, Sender};

pub use collect::{Call, Loose, Recording, record};
pub use ladder::Ladder;

/// What is drawn of a trace.
#[derive(Debug)]
pub struct Selection<'r> {
    /// The trace.
    pub recording: &'r Recording,
    /// Some of its calls.
    pub calls: Vec<&'r Call>,
    /// Findings that belong to none of its calls.
    pub loose: &'r [Loose],
}

/// Text for XML and HTML: marked-up characters escaped, characters that neither can hold replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            character if character.is_control() => out.push('\u{fffd}'),
            character => out.push(character),
        }
    }
    out
}

/// Where a finding stands, in words.
fn place(finding: &Finding) -> String {
    let message = match finding.place.direction {
        Sender::Server => format!("at message {}", finding.place.message),
        Sender::Client => format!("at the client's message {}", finding.place.message),
    };
    match finding.place.connection {
        0 => message,
        connection => format!("{message} of connection {connection}"),
    }
}

/// Cuts a text to a number of characters in its middle: names of channels differ at their ends.
fn cut_middle(text: &str, length: usize) -> String {
    let count = text.chars().count();
    if count <= length {
        return text.to_owned();
    }
    let tail = length.saturating_sub(1) / 2;
    let head = length.saturating_sub(1 + tail);
    text.chars().take(head).chain(['…']).chain(text.chars().skip(count - tail)).collect()
}

/// Cuts a text to a number of characters.
fn cut(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(length.saturating_sub(1)).collect();
    out.push('…');
    out
}
