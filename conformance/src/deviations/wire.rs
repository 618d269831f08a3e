//! What stock servers send that is no well-formed message.

use super::Deviation;

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
