//! Values that stock servers send as they are: text of the dialplan, variables, caller names, command output.

use ami_wire::{DefectCode, Kind, LineKind};

use super::{Break, Deviation};
use crate::model::Behind;
use crate::said::Said;

/// Where the free text of a message begins, in bytes: the value behind which everything may be a part of it.
pub(super) fn start(said: &Said<'_>) -> Option<usize> {
    let mut behind: &[u8] = b"";
    for line in said.message.lines() {
        let LineKind::Header(header) = line.kind else { continue };
        let key = header.key;
        let found = match (said.kind, said.name) {
            (Kind::Event, b"Newexten") => key == b"AppData",
            (Kind::Event, b"Status") => key == b"Variable",
            (Kind::Event, b"VarSet") => key == b"Value",
            (Kind::Event, b"UserEvent") => behind == b"UserEvent",
            // The answer of Getvar, and of Command.
            (Kind::Response, b"Success") => key == b"Output" || (key == b"Value" && behind == b"Variable"),
            _ => return None,
        };
        if found {
            return Some(line.start + key.len() + 1);
        }
        behind = key;
    }
    None
}

/// Whether the message is the rest of a value that an empty line cut in two.
fn is_rest(broken: &Break<'_, '_>) -> bool {
    broken.scene.said.kind == Kind::Unknown && broken.scene.model.talk().behind == Behind::Value
}

/// Whether every defect of this kind stands in free text, or in the rest of it.
fn in_text(broken: &Break<'_, '_>, code: DefectCode) -> bool {
    let said = broken.scene.said;
    let begin = if is_rest(broken) { Some(0) } else { start(said) };
    let Some(begin) = begin.and_then(|begin| u64::try_from(begin).ok()) else { return false };
    let from = said.message.offset() + begin;
    said.message.defects().filter(|defect| defect.code == code).all(|defect| defect.offset >= from)
}

/// Whether every byte of a message that is no UTF-8 stands in a caller's or connected party's name.
fn in_names(said: &Said<'_>) -> bool {
    said.message.lines().filter(|line| std::str::from_utf8(line.text).is_err()).all(|line| match line.kind {
        LineKind::Header(header) => {
            let ends = |name: &[u8]| header.key.len() >= name.len() && header.key.to_ascii_lowercase().ends_with(name);
            ends(b"calleridname") || ends(b"connectedlinename") || (said.name == b"Cdr" && ends(b"callerid"))
        }
        _ => false,
    })
}

const TEXTS: &str = "In the AppData of Newexten, the Variable of Status, the Value of VarSet and of the answer of Getvar, the headers \
                     of UserEvent, or the Output of Command";
const AS_IT_IS: &str = "These values are sent as they are. VarSet is escaped from 12 on, as far as line breaks go; the others \
                        are not: whoever can set a variable can end a header, and a message.";

pub(super) static VALUE_LINE_ENDS: Deviation = Deviation {
    id: "value-line-ends",
    rule: "wire/bare-lf",
    observed: &["1.6", "1.8", "11", "13", "20", "23"],
    condition: TEXTS,
    why: AS_IT_IS,
    evidence: &[
        ("asterisk-1.6.2/multiline.s2c", 23),
        ("asterisk-20/multiline.s2c", 51),
        ("asterisk-23/multiline.s2c", 29),
        ("asterisk-23/multiline.s2c", 47),
    ],
    applies: |broken| in_text(broken, DefectCode::BareLf).into(),
};

pub(super) static VALUE_KIND_KEY: Deviation = Deviation {
    id: "value-kind-key",
    rule: "wire/duplicate-kind-key",
    observed: &["1.6", "1.8", "11", "13", "20", "23"],
    condition: TEXTS,
    why: AS_IT_IS,
    evidence: &[
        ("asterisk-11/multiline.s2c", 20),
        ("asterisk-23/multiline.s2c", 38),
        ("asterisk-23/multiline.s2c", 52),
    ],
    applies: |broken| in_text(broken, DefectCode::DuplicateKindKey).into(),
};

pub(super) static VALUE_KIND_CONFLICT: Deviation = Deviation {
    id: "value-kind-conflict",
    rule: "wire/kind-conflict",
    observed: &["1.6", "1.8", "11", "13", "20", "23"],
    condition: "In the Value of the answer of Getvar.",
    why: AS_IT_IS,
    evidence: &[("asterisk-11/multiline.s2c", 39), ("asterisk-23/multiline.s2c", 47)],
    applies: |broken| (broken.scene.said.kind == Kind::Response && in_text(broken, DefectCode::KindConflict)).into(),
};

pub(super) static VALUE_LINES: Deviation = Deviation {
    id: "value-lines",
    rule: "wire/no-colon",
    observed: &["1.6", "1.8", "11", "13", "20", "23"],
    condition: "In the AppData of Newexten, the Variable of Status, the Value of VarSet and of the answer of Getvar, or in \
                the rest of such a value that an empty line in it made a message of its own.",
    why: AS_IT_IS,
    evidence: &[
        ("asterisk-1.6.2/multiline.s2c", 26),
        ("asterisk-23/multiline.s2c", 30),
        ("asterisk-23/multiline.s2c", 32),
        ("asterisk-23/multiline.s2c", 50),
    ],
    // What was put into a UserEvent is another matter.
    applies: |broken| (broken.scene.said.name != b"UserEvent" && in_text(broken, DefectCode::NoColon)).into(),
};

pub(super) static VALUE_KEYS: Deviation = Deviation {
    id: "value-keys",
    rule: "wire/key-not-token",
    observed: &["1.6", "1.8", "11", "13", "20", "23"],
    condition: "In the rest of a value that an empty line in it made a message of its own.",
    why: AS_IT_IS,
    evidence: &[
        ("asterisk-11/multiline.s2c", 29),
        ("asterisk-20/multiline.s2c", 35),
        ("asterisk-23/multiline.s2c", 37),
    ],
    applies: |broken| is_rest(broken).into(),
};

pub(super) static VALUE_REST: Deviation = Deviation {
    id: "value-rest",
    rule: "wire/kind-missing",
    observed: &["1.6", "1.8", "11", "13", "20", "23"],
    condition: "The message follows directly on one that ended in the AppData of a Newexten, the Variable of a Status, the \
                Value of a VarSet or of an answer of Getvar, or a header of a UserEvent, with a line break of LF alone.",
    why: AS_IT_IS,
    evidence: &[
        ("asterisk-1.6.2/multiline.s2c", 36),
        ("asterisk-20/multiline.s2c", 47),
        ("asterisk-23/multiline.s2c", 30),
        ("asterisk-23/multiline.s2c", 53),
    ],
    applies: |broken| is_rest(broken).into(),
};

pub(super) static VALUE_BLANK_LINE: Deviation = Deviation {
    id: "value-blank-line",
    rule: "wire/blank-before-message",
    observed: &["13", "20", "23"],
    condition: "One extra blank line behind a message whose last value, free text, ends with a line break of LF alone.",
    why: "That line break ends the line, the one behind it the message: the empty line that should end it is left over.",
    evidence: &[
        ("asterisk-13/multiline.s2c", 41),
        ("asterisk-20/multiline.s2c", 42),
        ("asterisk-23/multiline.s2c", 42),
    ],
    applies: |broken| {
        let talk = broken.scene.model.talk();
        (talk.behind == Behind::Value && talk.blank_before(broken.scene.said) == 2).into()
    },
};

pub(super) static VALUE_CONTROL_BYTES: Deviation = Deviation {
    id: "value-control-bytes",
    rule: "wire/control-byte",
    observed: &["1.6", "1.8", "11", "13", "20", "23"],
    condition: "In the AppData of Newexten, the Variable of Status, the Value of VarSet and of the answer of Getvar, the \
                Output of Command, or in the rest of such a value that an empty line in it made a message of its own.",
    why: AS_IT_IS,
    evidence: &[
        ("asterisk-11/multiline.s2c", 42),
        ("asterisk-20/multiline.s2c", 54),
        ("asterisk-23/multiline.s2c", 33),
        ("asterisk-23/multiline.s2c", 53),
    ],
    applies: |broken| (broken.scene.said.name != b"UserEvent" && in_text(broken, DefectCode::ControlByte)).into(),
};

pub(super) static VALUE_ENCODING: Deviation = Deviation {
    id: "value-encoding",
    rule: "wire/non-utf8",
    observed: &["1.4", "1.6", "1.8", "11", "13", "20", "23"],
    condition: "In a caller's or connected party's name, the AppData of Newexten, the Variable of Status, the Value of VarSet \
                and of the answer of Getvar, the Output of Command, or in the rest of such a value that an empty line in it \
                made a message of its own.",
    why: "Names are sent in the encoding in which the phone or the trunk told them, values in that of the dialplan.",
    evidence: &[
        ("asterisk-1.4/oddnames.s2c", 2),
        ("asterisk-13/oddnames.s2c", 5),
        ("asterisk-13/oddnames.s2c", 29),
        ("asterisk-23/multiline.s2c", 50),
    ],
    applies: |broken| {
        let said = broken.scene.said;
        (said.name != b"UserEvent" && (in_names(said) || in_text(broken, DefectCode::NonUtf8))).into()
    },
};

/// Whether every defect of this kind stands in what a UserEvent was given.
fn in_user_event(broken: &Break<'_, '_>, code: DefectCode) -> bool {
    let said = broken.scene.said;
    said.kind == Kind::Event && said.name == b"UserEvent" && in_text(broken, code)
}

const GIVEN: &str = "The event repeats what the application or the action UserEvent was given, as it is: whether it is made \
                     of headers is up to the dialplan and to clients.";

pub(super) static USEREVENT_LINES: Deviation = Deviation {
    id: "userevent-lines",
    rule: "wire/no-colon",
    observed: &["1.6", "1.8", "11"],
    condition: "In UserEvent, behind the header UserEvent.",
    why: GIVEN,
    evidence: &[
        ("asterisk-1.6.2/oddnames.s2c", 193),
        ("asterisk-1.8/oddnames.s2c", 231),
        ("asterisk-11/oddnames.s2c", 248),
    ],
    applies: |broken| in_user_event(broken, DefectCode::NoColon).into(),
};

pub(super) static USEREVENT_COLONS: Deviation = Deviation {
    id: "userevent-colons",
    rule: "wire/no-space-after-colon",
    observed: &["1.6", "1.8", "11"],
    condition: "In UserEvent, behind the header UserEvent.",
    why: GIVEN,
    evidence: &[
        ("asterisk-1.6.2/oddnames.s2c", 193),
        ("asterisk-1.8/oddnames.s2c", 231),
        ("asterisk-11/oddnames.s2c", 248),
    ],
    applies: |broken| in_user_event(broken, DefectCode::NoSpaceAfterColon).into(),
};

pub(super) static USEREVENT_ENCODING: Deviation = Deviation {
    id: "userevent-encoding",
    rule: "wire/non-utf8",
    observed: &["1.4", "1.6", "1.8", "11"],
    condition: "In UserEvent, behind the header UserEvent.",
    why: GIVEN,
    evidence: &[
        ("asterisk-1.4/queries.s2c", 151),
        ("asterisk-1.6.2/queries.s2c", 510),
        ("asterisk-1.8/queries.s2c", 432),
        ("asterisk-11/queries.s2c", 443),
    ],
    applies: |broken| in_user_event(broken, DefectCode::NonUtf8).into(),
};

pub(super) static OUTPUT_CR: Deviation = Deviation {
    id: "output-cr",
    rule: "wire/bare-cr",
    observed: &["20", "23"],
    condition: "In the Output of Command.",
    why: "The output of the command is split at LF: a CR before it stays, in front of that of the header's own end.",
    evidence: &[("asterisk-20/multiline.s2c", 54), ("asterisk-23/multiline.s2c", 55)],
    applies: |broken| {
        let is_command = broken.scene.said.message.get("Output").is_some();
        (is_command && in_text(broken, DefectCode::BareCr)).into()
    },
};
