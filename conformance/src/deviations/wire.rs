//! What stock servers send that is no well-formed message.

use ami_wire::{DefectCode, Kind, Line, LineKind};

use super::{Break, Deviation, is_iax_peers, is_iax_row, is_queue, is_table};
use crate::model::Behind;

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
        (talk.behind == Behind::MessageLineBreak && talk.blank_before(broken.scene.said) == 2).into()
    },
};

/// Whether the message is an answer in bare text.
fn is_bare_answer(broken: &Break<'_, '_>) -> bool {
    let said = broken.scene.said;
    said.kind == Kind::Unknown && is_table(said.message.as_bytes())
}

const BARE_TEXT: &str = "The actions Queues (up to 13), IAXnetstats and IAXpeers (1.4) are answered by the output of a \
                         command, without any header.";

pub(super) static BARE_TEXT_WITHOUT_KIND: Deviation = Deviation {
    id: "bare-text-without-kind",
    rule: "wire/kind-missing",
    observed: &["1.4", "1.6", "1.8", "10", "11", "12", "13", "20", "23"],
    condition: "The message begins like a row of `queue show`, with IAX2/, or with an ActionID and the head of a table.",
    why: BARE_TEXT,
    evidence: &[("asterisk-12/queue.s2c", 30), ("asterisk-13/iaxcall.s2c", 77), ("asterisk-23/iaxcall.s2c", 76)],
    applies: |broken| is_bare_answer(broken).into(),
};

pub(super) static BARE_TEXT_WITHOUT_COLON: Deviation = Deviation {
    id: "bare-text-without-colon",
    rule: "wire/no-colon",
    observed: &["1.4", "1.6", "1.8", "10", "11", "12", "13"],
    condition: "The message begins like a row of `queue show`, or with an ActionID and the head of a table.",
    why: BARE_TEXT,
    evidence: &[("asterisk-12/queue.s2c", 30), ("asterisk-13/queue.s2c", 34)],
    applies: |broken| {
        let text = broken.scene.said.message.as_bytes();
        (is_bare_answer(broken) && (is_queue(text) || is_iax_peers(text))).into()
    },
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

/// How many extra blank lines stand before the message.
fn blank_lines(broken: &Break<'_, '_>) -> u64 {
    broken.scene.model.talk().blank_before(broken.scene.said) / 2
}

/// Whether every defect of this kind stands on a line with such a key.
fn only_at(broken: &Break<'_, '_>, code: DefectCode, is_key: impl Fn(&[u8]) -> bool) -> bool {
    let message = broken.scene.said.message;
    let at = |offset: u64| {
        let at = usize::try_from(offset.saturating_sub(message.offset())).unwrap_or(usize::MAX);
        message.lines().find(|line| (line.start..=line.start + line.text.len()).contains(&at))
    };
    let is_there = |line: Line<'_>| matches!(line.kind, LineKind::Header(header) if is_key(header.key));
    message.defects().filter(|defect| defect.code == code).all(|defect| at(defect.offset).is_some_and(is_there))
}

pub(super) static TABLE_BLANK_LINES: Deviation = Deviation {
    id: "table-blank-lines",
    rule: "wire/blank-before-message",
    observed: &["1.4", "1.6", "1.8", "10", "11", "12", "13"],
    condition: "One or two extra blank lines before or behind the output of `queue show` or the table of IAXpeers that \
                answers an action.",
    why: BARE_TEXT,
    evidence: &[("asterisk-12/queue.s2c", 32), ("asterisk-13/queue.s2c", 34), ("asterisk-1.4/iaxcall.s2c", 24)],
    applies: |broken| {
        let beside = is_bare_answer(broken) || broken.scene.model.talk().behind == Behind::Table;
        (beside && blank_lines(broken) <= 2).into()
    },
};

pub(super) static EMPTY_ANSWER_BLANK_LINES: Deviation = Deviation {
    id: "empty-answer-blank-lines",
    rule: "wire/blank-before-message",
    observed: &["1.4", "1.6", "1.8", "10", "11", "12", "13", "16", "20", "22", "23"],
    condition: "One or two extra blank lines, where the oldest action without a response is IAXnetstats, QueueRule or \
                SIPqualifypeer.",
    why: "These are answered by rows without any header and an empty line: by empty lines alone where there are no rows.",
    evidence: &[
        ("asterisk-1.6.2/queries.s2c", 441),
        ("asterisk-16/queries.s2c", 274),
        ("asterisk-22/queries.s2c", 275),
    ],
    applies: |broken| {
        let oldest = broken.scene.model.talk().actions.pending().next();
        let is_one = |name: &str| {
            ["IAXnetstats", "QueueRule", "SIPqualifypeer"].iter().any(|one| one.eq_ignore_ascii_case(name))
        };
        (oldest.is_some_and(|action| is_one(&action.at.event)) && blank_lines(broken) <= 2).into()
    },
};

pub(super) static PEER_BLANK_LINES: Deviation = Deviation {
    id: "peer-blank-lines",
    rule: "wire/blank-before-message",
    observed: &["1.4", "1.6", "1.8", "10", "11"],
    condition: "One or two extra blank lines behind a response that describes a SIP peer, or says that a peer was not \
                found.",
    why: "The actions SIPshowpeer and SIPqualifypeer end their answers more than once.",
    evidence: &[
        ("asterisk-1.4/queries.s2c", 82),
        ("asterisk-1.4/queries.s2c", 91),
        ("asterisk-1.6.2/queries.s2c", 440),
    ],
    applies: |broken| (broken.scene.model.talk().behind == Behind::Peer && blank_lines(broken) <= 2).into(),
};

pub(super) static PARKEDCALLGIVEUP_BLANK_LINE: Deviation = Deviation {
    id: "parkedcallgiveup-blank-line",
    rule: "wire/blank-before-message",
    observed: &["1.4"],
    condition: "One extra blank line behind a ParkedCallGiveUp.",
    why: "The event is written with an empty line too many.",
    evidence: &[("asterisk-1.4/park.s2c", 81), ("asterisk-1.4/park.s2c", 110)],
    applies: |broken| (broken.scene.model.talk().behind == Behind::ParkedCallGiveUp && blank_lines(broken) == 1).into(),
};

pub(super) static WORDLESS_BLANK_LINE: Deviation = Deviation {
    id: "wordless-blank-line",
    rule: "wire/blank-before-message",
    observed: &["1.8", "10", "22"],
    condition: "One extra blank line behind the response to MuteAudio or QueueRule that has no header but its ActionID.",
    why: "The answer ends twice: MuteAudio writes an end too many, QueueRule one of its own behind its rows.",
    evidence: &[
        ("asterisk-1.8/simple.s2c", 115),
        ("asterisk-10/simple.s2c", 128),
        ("asterisk-22-timestamped/queue.s2c", 30),
    ],
    applies: |broken| (broken.scene.model.talk().behind == Behind::Wordless && blank_lines(broken) == 1).into(),
};

pub(super) static PEER_KEYS: Deviation = Deviation {
    id: "peer-keys",
    rule: "wire/key-not-token",
    observed: &["1.4", "11"],
    condition: "In the description of a SIP peer, in the keys `Reg-Contact ` (1.4), `Named Callgroup` and \
                `Named Pickupgroup` (11).",
    why: "They are written so.",
    evidence: &[("asterisk-1.4/queries.s2c", 81), ("asterisk-11/queries.s2c", 368)],
    applies: |broken| {
        let is_key = |key: &[u8]| matches!(key, b"Reg-Contact " | b"Named Callgroup" | b"Named Pickupgroup");
        let is_peer = broken.scene.said.message.get("Channeltype") == Some(b"SIP");
        (is_peer && only_at(broken, DefectCode::KeyNotToken, is_key)).into()
    },
};

pub(super) static RTCPSENT_REPORTBLOCK: Deviation = Deviation {
    id: "rtcpsent-reportblock",
    rule: "wire/no-space-after-colon",
    observed: &["1.6", "1.8", "10", "11"],
    condition: "In RTCPSent, behind the key ReportBlock.",
    why: "It is a headline for the lines behind it, written without a value.",
    evidence: &[("asterisk-1.6.2/conf.s2c", 53), ("asterisk-1.8/conf.s2c", 58), ("asterisk-11/rtcp.s2c", 44)],
    applies: |broken| {
        let is_event = broken.scene.said.name == b"RTCPSent";
        (is_event && only_at(broken, DefectCode::NoSpaceAfterColon, |key| key == b"ReportBlock")).into()
    },
};

pub(super) static USEREVENT_REPEATS_ACTION: Deviation = Deviation {
    id: "userevent-repeats-action",
    rule: "wire/kind-conflict",
    observed: &["1.4", "1.6", "1.8", "10", "11"],
    condition: "In UserEvent, behind the header UserEvent: the one header `Action: UserEvent`.",
    why: "The event repeats the headers of the action that sent it, and the action's name is one of them.",
    evidence: &[("asterisk-1.4/multiline.s2c", 37), ("asterisk-1.6.2/queries.s2c", 456)],
    applies: |broken| {
        let message = broken.scene.said.message;
        let is_event = broken.scene.said.name == b"UserEvent";
        let repeats = message.get_all("Action").eq([b"UserEvent".as_slice()]);
        (is_event && repeats && only_at(broken, DefectCode::KindConflict, |key| key == b"Action")).into()
    },
};
