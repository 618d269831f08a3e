//! The register of known deviations: promises that stock Asterisk itself breaks.
//!
//! It is what an integrator wants to know before trusting an event. An entry says where it was observed and under
//! which narrow condition; the same break elsewhere is an error. One file a topic; to add an entry, write it there.

mod channel;
mod dial;
mod legacy;
mod media;
pub(crate) mod schema;
mod talk;
mod text;
mod transfer;
mod wire;

use std::fmt;

use ami_wire::Message;

use crate::facts::Role;
use crate::finding::{Finding, Reference, Severity};
use crate::model::{Channel, ChannelKey};
use crate::release::Releases;
use crate::rules::{self, Scene};
use crate::said::Said;

/// A promise that stock servers break, under one condition.
pub struct Deviation {
    /// Its name in reports.
    pub id: &'static str,
    /// The rule that is broken.
    pub rule: &'static str,
    /// The releases on which it was observed; what is seen on two holds in every release between them.
    pub observed: &'static [&'static str],
    /// When it happens.
    pub condition: &'static str,
    /// Why it happens.
    pub why: &'static str,
    /// A recorded session that shows it: a file of `corpus/traces`, and the message of the server's stream.
    pub evidence: &'static [(&'static str, u64)],
    /// Whether a break of the rule meets the condition.
    pub(crate) applies: fn(&Break<'_, '_>) -> Match,
}

/// A break of a rule, as a deviation looks at it.
#[derive(Debug)]
pub(crate) struct Break<'b, 'a> {
    /// The message at which it became certain.
    pub(crate) scene: &'b Scene<'b, 'a>,
    /// The channel that it is about; one without a name where it is about none.
    pub(crate) channel: &'b Channel,
    pub(crate) key: ChannelKey,
    /// What would be reported.
    pub(crate) finding: &'b Finding,
}

impl Break<'_, '_> {
    /// How many messages came since an earlier one of the same stream.
    fn since(&self, earlier: &Reference) -> u64 {
        self.scene.at.place.message.saturating_sub(earlier.place.message)
    }

    /// Whether the channel was seen in the state Up, the message at hand included.
    fn was_up(&self) -> bool {
        let now = |(key, role): &(ChannelKey, Role<'_>)| *key == self.key && role.state == Some(b"6");
        self.channel.was_up || self.scene.named.channels.iter().any(now)
    }
}

/// Whether a break meets a condition.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Match {
    Yes,
    No,
    /// It does if this comes true of the channel within a few messages.
    If {
        channel: ChannelKey,
        comes: fn(&Channel) -> bool,
        within: u64,
        /// Whether it does as well when the trace ends before that is decided.
        if_cut: bool,
    },
    /// It does if the next message of the server is like that.
    IfNext {
        comes: fn(&Finding, &Message<'_>) -> bool,
        /// Whether it does as well when there is none.
        if_cut: bool,
    },
}

impl From<bool> for Match {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl fmt::Debug for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deviation").field(&self.id).finish()
    }
}

/// Whether a text begins like a queue in the output of `queue show`, with which old servers answer the action Queues.
fn is_queue(text: &[u8]) -> bool {
    let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    line.starts_with(b"No queues") || memchr::memmem::find(line, b" calls (max ").is_some()
}

/// Whether a text begins like a row of the table with which IAXnetstats is answered.
fn is_iax_row(text: &[u8]) -> bool {
    text.starts_with(b"IAX2/")
}

/// Whether a text is the table with which IAXpeers was answered: its ActionID, and the head of a table.
fn is_iax_peers(text: &[u8]) -> bool {
    text.starts_with(b"ActionID: ") && memchr::memmem::find(text, b"Name/Username ").is_some()
}

/// Whether a message without a kind is one of the tables with which stock servers answer some actions.
pub(crate) fn is_table(text: &[u8]) -> bool {
    is_queue(text) || is_iax_row(text) || is_iax_peers(text)
}

/// Whether a response describes a SIP peer, or says that there is none with that name.
pub(crate) fn is_peer(said: &Said<'_>) -> bool {
    let none =
        |text: &[u8]| text == b"Peer not found" || (text.starts_with(b"Peer ") && text.ends_with(b" not found."));
    said.text.map_or_else(|| said.message.get("Channeltype") == Some(b"SIP"), none)
}

/// Whether a message ends in free text.
pub(crate) fn ends_in_text(said: &Said<'_>) -> bool {
    text::start(said).is_some()
}

/// Every entry, in the order in which they are listed.
pub static DEVIATIONS: &[&Deviation] = &[
    &dial::ORIGINATE_TIMEOUT_WITHOUT_DIALEND,
    &dial::PICKUP_WITHOUT_DIALEND,
    &dial::FORWARD_WITHOUT_DIALEND,
    &dial::QUEUE_SECOND_DIALEND,
    &dial::QUEUE_DOUBLE_CANCEL,
    &dial::FEATURE_DIAL_WITHOUT_BEGIN,
    &channel::CALLERID_AFTER_HANGUP,
    &transfer::BLIND_TRANSFER_LATE,
    &transfer::PARKED_CALL_LATE,
    &media::UNHOLD_WITHOUT_HOLD,
    &legacy::RECORDER_WITHOUT_NEWCHANNEL,
    &legacy::DIAL_END_WITHOUT_DESTINATION,
    &talk::IAXNETSTATS_EMPTY_ANSWER,
    &talk::DBGETTREE_COUNT,
    &talk::IAXPEERLIST_ITEMS_WITHOUT_ACTIONID,
    &talk::IAXPEERLIST_NAMELESS_ITEM,
    &talk::MULTILINE_VALUE_SPLITS_STATUS,
    &talk::STATUS_WITH_PRIVILEGE,
    &talk::QUEUES_BARE_TEXT,
    &talk::SIPQUALIFYPEER_EMPTY_ANSWER,
    &talk::QUEUERULE_EMPTY_ANSWER,
    &talk::DATAGET_EVENT_ANSWER,
    &talk::IAXPEERS_BARE_TEXT,
    &talk::EVENTS_WITHOUT_ACTIONID,
    &wire::TESTEVENT_BLANK_LINE,
    &wire::RESPONSE_MESSAGE_LINE_BREAK,
    &wire::BLANK_BEHIND_MESSAGE_LINE_BREAK,
    &wire::BARE_TEXT_WITHOUT_KIND,
    &wire::BARE_TEXT_WITHOUT_COLON,
    &wire::BARE_TEXT_KEYS,
    &wire::BARE_TEXT_COLONS,
    &wire::BARE_TEXT_LINE_ENDS,
    &wire::TABLE_BLANK_LINES,
    &wire::EMPTY_ANSWER_BLANK_LINES,
    &wire::PEER_BLANK_LINES,
    &wire::PARKEDCALLGIVEUP_BLANK_LINE,
    &wire::WORDLESS_BLANK_LINE,
    &wire::PEER_KEYS,
    &wire::RTCPSENT_REPORTBLOCK,
    &wire::USEREVENT_REPEATS_ACTION,
    &text::VALUE_LINE_ENDS,
    &text::VALUE_KIND_KEY,
    &text::VALUE_KIND_CONFLICT,
    &text::VALUE_LINES,
    &text::VALUE_KEYS,
    &text::VALUE_REST,
    &text::VALUE_BLANK_LINE,
    &text::VALUE_CONTROL_BYTES,
    &text::VALUE_ENCODING,
    &text::USEREVENT_LINES,
    &text::USEREVENT_COLONS,
    &text::USEREVENT_ENCODING,
    &text::OUTPUT_CR,
    &schema::LINE_BREAK_CUTS_EVENT,
];

impl Deviation {
    /// Whether the rule is a note, which `ami check` looks for with `--notes` only.
    pub fn is_of_note(&self) -> bool {
        rules::find(self.rule).is_some_and(|rule| rule.severity == Severity::Note)
    }

    /// Whether it is taken to hold for a server of these releases: they touch the span from the first to the last on
    /// which it was observed. Without a banner any release is possible.
    pub fn holds_for(&self, releases: Option<Releases>) -> bool {
        let Some(releases) = releases else { return true };
        let (Some(first), Some(last)) = (self.observed.first(), self.observed.last()) else { return false };
        Releases::parse(&format!("{first}-{last}")).is_ok_and(|span| span.intersects(releases))
    }

    /// The entries that can apply to breaks of a rule.
    pub(crate) fn of_rule(rule: &str) -> impl Iterator<Item = &'static Self> {
        DEVIATIONS.iter().copied().filter(move |deviation| deviation.rule == rule)
    }
}
