//! What happened in a call, to look at: channels side by side, time downwards.
//!
//! [`collect`] reads a trace and sorts its channels into calls, [`ladder`] lays one call out, and [`text`], [`svg`] and
//! [`html`] draw it.

pub mod collect;
pub mod html;
pub mod ladder;
pub mod svg;
pub mod text;

pub use collect::{Call, Recording, record};
pub use ladder::Ladder;

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

/// Cuts a text to a number of characters.
fn cut(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(length.saturating_sub(1)).collect();
    out.push('…');
    out
}
