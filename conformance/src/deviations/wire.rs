//! What stock servers send that is no well-formed message.

use ami_wire::Kind;

use super::{Break, Deviation, is_iax_row, is_queue};

pub(super) static TESTEVENT_BLANK_LINE: Deviation = Deviation {
    id: "testevent-blank-line",
    rule: "wire/blank-before-message",
    observed: &["16", "22"],
    condition: "One extra blank line behind a TestEvent.",
    why: "A server built for its own tests ends the event TestEvent with two blank lines.",
    evidence: &[("asterisk-16/atxcancel.s2c", 94), ("asterisk-22/atxfer2.s2c", 97)],
    applies: |broken| {
        let talk = broken.scene.model.talk();
        let [server, _] = &talk.last;
        let behind = server.as_ref().is_some_and(|last| last.event == "TestEvent");
        (behind && talk.blank_before(broken.scene.said) == 2).into()
    },
};

pub(super) static RESPONSE_MESSAGE_LINE_BREAK: Deviation = Deviation {
    id: "response-message-line-break",
    rule: "wire/bare-lf",
    observed: &["16", "22"],
    condition: "The Message at the end of a response ends with LF alone, and no other line of it does.",
    why: "Some texts (No Contacts found, Park successful) are written with a line break of their own.",
    evidence: &[("asterisk-16/queries.s2c", 229), ("asterisk-22/park2.s2c", 235)],
    applies: |broken| broken.scene.said.message_breaks_its_line().into(),
};

pub(super) static BLANK_BEHIND_MESSAGE_LINE_BREAK: Deviation = Deviation {
    id: "blank-behind-message-line-break",
    rule: "wire/blank-before-message",
    observed: &["16", "22"],
    condition: "One extra blank line behind a response whose Message ends with a line break of its own.",
    why: "That line break ends the line, the one behind it the message: the empty line that should end it is left over.",
    evidence: &[("asterisk-16/queries.s2c", 230), ("asterisk-22/park2.s2c", 236)],
    applies: |broken| {
        let talk = broken.scene.model.talk();
        (talk.behind_line_break && talk.blank_before(broken.scene.said) == 2).into()
    },
};

/// Whether the message is an answer in bare text: queues as `queue show` prints them, or rows of IAXnetstats.
fn is_bare_answer(broken: &Break<'_, '_>) -> bool {
    let said = broken.scene.said;
    let text = said.message.as_bytes();
    said.kind == Kind::Unknown && (is_queue(text) || is_iax_row(text))
}

const BARE_TEXT: &str = "The actions Queues (up to 13) and IAXnetstats are answered by the output of a command, without \
                         any header.";

pub(super) static BARE_TEXT_WITHOUT_KIND: Deviation = Deviation {
    id: "bare-text-without-kind",
    rule: "wire/kind-missing",
    observed: &["1.4", "1.6", "1.8", "10", "11", "12", "13", "20", "23"],
    condition: "The message begins like a row of `queue show`, or with IAX2/.",
    why: BARE_TEXT,
    evidence: &[("asterisk-12/queue.s2c", 30), ("asterisk-13/iaxcall.s2c", 77), ("asterisk-23/iaxcall.s2c", 76)],
    applies: |broken| is_bare_answer(broken).into(),
};

pub(super) static BARE_TEXT_WITHOUT_COLON: Deviation = Deviation {
    id: "bare-text-without-colon",
    rule: "wire/no-colon",
    observed: &["1.4", "1.6", "1.8", "10", "11", "12", "13"],
    condition: "The message begins like a row of `queue show`.",
    why: BARE_TEXT,
    evidence: &[("asterisk-12/queue.s2c", 30), ("asterisk-13/queue.s2c", 34)],
    applies: |broken| (is_bare_answer(broken) && is_queue(broken.scene.said.message.as_bytes())).into(),
};

pub(super) static BARE_TEXT_KEYS: Deviation = Deviation {
    id: "bare-text-keys",
    rule: "wire/key-not-token",
    observed: &["1.4", "1.6", "1.8", "10", "11", "12", "13", "20", "23"],
    condition: "The message begins like a row of `queue show`, or with IAX2/.",
    why: BARE_TEXT,
    evidence: &[("asterisk-12/queue.s2c", 30), ("asterisk-13/iaxcall.s2c", 77), ("asterisk-23/iaxcall.s2c", 76)],
    applies: |broken| is_bare_answer(broken).into(),
};

pub(super) static BARE_TEXT_COLONS: Deviation = Deviation {
    id: "bare-text-colons",
    rule: "wire/no-space-after-colon",
    observed: &["1.4", "1.6", "1.8", "10", "11", "12", "13", "20", "23"],
    condition: "The message begins like a row of `queue show`, or with IAX2/.",
    why: BARE_TEXT,
    evidence: &[("asterisk-12/queue.s2c", 30), ("asterisk-13/iaxcall.s2c", 77), ("asterisk-23/iaxcall.s2c", 76)],
    applies: |broken| is_bare_answer(broken).into(),
};

pub(super) static BARE_TEXT_LINE_ENDS: Deviation = Deviation {
    id: "bare-text-line-ends",
    rule: "wire/bare-lf",
    observed: &["1.4", "1.6", "1.8", "11", "13", "20", "23"],
    condition: "The message begins with IAX2/.",
    why: BARE_TEXT,
    evidence: &[("asterisk-13/iaxcall.s2c", 77), ("asterisk-23/iaxcall.s2c", 76)],
    applies: |broken| (is_bare_answer(broken) && is_iax_row(broken.scene.said.message.as_bytes())).into(),
};
