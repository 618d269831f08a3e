//! The register of known deviations is exact: the same break where a condition does not hold is no known one.
//!
//! For each entry there is an edit of its own evidence that leaves the promise broken and takes away what the condition
//! asks for. A new entry needs a line in [`EDITS`].

mod common;

use ami_conformance::Options;
use ami_conformance::deviations::DEVIATIONS;

/// The messages of a server, and the one at which the promise is broken. Extra blank lines between messages are gone.
struct Evidence {
    messages: Vec<Vec<u8>>,
    at: usize,
}

impl Evidence {
    /// Puts one text for another in the message at which the promise is broken.
    fn replace(&mut self, old: &str, new: &str) {
        self.replace_in(self.at, old, new);
    }

    fn replace_in(&mut self, at: usize, old: &str, new: &str) {
        let message = &mut self.messages[at];
        let found = message.windows(old.len()).position(|window| window == old.as_bytes());
        let found = found.unwrap_or_else(|| panic!("'{old}' stands in {}", String::from_utf8_lossy(message)));
        message.splice(found..found + old.len(), new.bytes());
    }

    /// Gives a header of that message another value.
    fn set(&mut self, key: &str, value: &str) {
        let text = String::from_utf8_lossy(&self.messages[self.at]).into_owned();
        let line = text.lines().find(|line| line.starts_with(&format!("{key}: "))).unwrap().to_owned();
        self.replace(&format!("{line}\r\n"), &format!("{key}: {value}\r\n"));
    }

    /// Takes messages away that stand before it.
    fn drop(&mut self, which: impl Fn(usize, &[u8]) -> bool) {
        let at = self.at;
        let gone: Vec<usize> = (0..at).filter(|other| which(*other, &self.messages[*other])).collect();
        assert!(!gone.is_empty());
        for other in gone.iter().rev() {
            self.messages.remove(*other);
        }
        self.at -= gone.len();
    }

    /// Takes the `count` messages just before it away.
    fn drop_before(&mut self, count: usize) {
        let at = self.at;
        self.drop(|other, _| other + count >= at);
    }

    /// Puts so many messages before it that nothing was just before.
    fn delay(&mut self) {
        const LONG: usize = 20;
        let filler =
            b"Event: DeviceStateChange\r\nPrivilege: call,all\r\nDevice: SIP/1\r\nState: INUSE\r\n\r\n".to_vec();
        self.messages.splice(self.at..self.at, std::iter::repeat_n(filler, LONG));
        self.at += LONG;
    }

    /// Puts blank lines before it.
    fn blank(&mut self, lines: usize) {
        self.messages[self.at].splice(..0, b"\r\n".repeat(lines));
    }
}

type Edit = fn(&mut Evidence);

/// Promises that are notes have entries as well.
fn options() -> Options {
    Options { notes: true, ..Options::default() }
}

/// By the id of the deviation.
const EDITS: &[(&str, Edit)] = &[
    ("originate-timeout-without-dialend", |evidence| {
        evidence.set("ChannelState", "6");
        evidence.set("ChannelStateDesc", "Up");
    }),
    ("pickup-without-dialend", |evidence| evidence.drop(|_, message| message.starts_with(b"Event: Pickup\r\n"))),
    ("forward-without-dialend", |evidence| evidence.set("Cause", "17")),
    ("queue-second-dialend", |evidence| evidence.set("DialStatus", "TIMEDOUT")),
    ("queue-double-cancel", |evidence| evidence.set("DialStatus", "BUSY")),
    ("feature-dial-without-begin", |evidence| evidence.set("DialStatus", "BUSY")),
    ("callerid-after-hangup", |evidence| evidence.set("Event", "Newstate")),
    ("blind-transfer-late", Evidence::delay),
    ("parked-call-late", Evidence::delay),
    ("recorder-without-newchannel", |evidence| {
        // The evidence proves nothing by itself: it begins less than two seconds before the channel.
        evidence.messages[1] =
            b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: SIP/1-1\r\nUniqueid: 1795500000.1\r\n\r\n".to_vec();
        for at in 0..evidence.messages.len() {
            while String::from_utf8_lossy(&evidence.messages[at]).contains("ConfBridgeRecorder/") {
                evidence.replace_in(at, "ConfBridgeRecorder/", "SIP/");
            }
        }
    }),
    ("dial-end-without-destination", |evidence| evidence.set("DialStatus", "BUSY")),
    ("iaxnetstats-empty-answer", |_| ()),
    ("dbgettree-count", |evidence| evidence.set("ListItems", "99")),
    ("iaxpeerlist-items-without-actionid", |evidence| evidence.set("ListItems", "99")),
    ("iaxpeerlist-nameless-item", |evidence| evidence.set("Channeltype", "SIP")),
    ("multiline-value-splits-status", |evidence| evidence.drop_before(1)),
    ("status-with-privilege", |evidence| evidence.set("Event", "CoreShowChannel")),
    ("queues-bare-text", |evidence| evidence.drop_before(2)),
    ("sipqualifypeer-empty-answer", |_| ()),
    ("queuerule-empty-answer", |_| ()),
    ("dataget-event-answer", |evidence| evidence.drop_before(1)),
    ("iaxpeers-bare-text", |evidence| evidence.drop_before(1)),
    ("events-without-actionid", |evidence| evidence.replace("\r\n\r\n", "\r\nActionID: another\r\n\r\n")),
    ("unhold-without-hold", |evidence| {
        evidence.messages.retain(|message| !message.starts_with(b"Event: BlindTransfer\r\n"));
    }),
    ("testevent-blank-line", |evidence| {
        evidence.replace_in(evidence.at - 1, "Event: TestEvent", "Event: DeviceStateChange");
        evidence.blank(1);
    }),
    ("response-message-line-break", |evidence| evidence.replace("Message: ", "Text: ")),
    ("blank-behind-message-line-break", |evidence| evidence.blank(2)),
    ("bare-text-without-kind", |evidence| evidence.replace(" calls (max ", " people (max ")),
    ("bare-text-without-colon", |evidence| evidence.replace(" calls (max ", " people (max ")),
    ("bare-text-keys", |evidence| evidence.replace(" calls (max ", " people (max ")),
    ("bare-text-colons", |evidence| evidence.replace(" calls (max ", " people (max ")),
    ("line-break-cuts-event", |evidence| {
        // Without the rest of the value nothing shows that there was a line break.
        evidence.messages.remove(evidence.at + 1);
    }),
    ("table-blank-lines", |evidence| {
        evidence.replace_in(evidence.at - 1, " calls (max ", " people (max ");
        evidence.blank(2);
    }),
    ("empty-answer-blank-lines", |evidence| {
        // The answer came as it should have.
        evidence.messages.insert(evidence.at, b"Response: Error\r\nActionID: queries-65\r\n\r\n".to_vec());
        evidence.at += 1;
        evidence.blank(1);
    }),
    ("peer-blank-lines", |evidence| {
        evidence.replace_in(evidence.at - 1, "Channeltype: SIP", "Channeltype: IAX2");
        evidence.blank(1);
    }),
    ("parkedcallgiveup-blank-line", |evidence| {
        evidence.replace_in(evidence.at - 1, "ParkedCallGiveUp", "UnParkedCall");
        evidence.blank(1);
    }),
    ("wordless-blank-line", |evidence| {
        let at = evidence.at - 1;
        evidence.replace_in(at, "\r\n\r\n", "\r\nMessage: Muted\r\n\r\n");
        evidence.blank(1);
    }),
    ("peer-keys", |evidence| evidence.replace("Channeltype:", "Channel type:")),
    ("rtcpsent-reportblock", |evidence| evidence.replace("OurSSRC: ", "OurSSRC:")),
    ("userevent-repeats-action", |evidence| evidence.replace("Val: ", "Response: ")),
    ("value-line-ends", |evidence| evidence.replace("Privilege: dialplan,all\r\n", "Privilege: dialplan,all\n")),
    ("value-kind-key", |evidence| evidence.replace("Privilege: ", "Event: Newexten\r\nPrivilege: ")),
    ("value-kind-conflict", |evidence| evidence.replace("ActionID: ", "Event: Newexten\r\nActionID: ")),
    ("value-lines", |evidence| evidence.replace("Channel: ", "Channel ")),
    ("value-keys", Evidence::delay),
    ("value-rest", Evidence::delay),
    ("value-blank-line", |evidence| evidence.blank(2)),
    ("value-control-bytes", |evidence| evidence.replace("ActionID: ", "ActionID: \u{1}")),
    ("value-encoding", |evidence| {
        evidence.replace("Event: ", "Event:  ");
        let at = evidence.at;
        evidence.messages[at][7] = 0xe9;
    }),
    ("userevent-lines", |evidence| evidence.replace("Privilege: ", "Privilege ")),
    ("userevent-colons", |evidence| evidence.replace("Privilege: ", "Privilege:")),
    ("userevent-encoding", |evidence| {
        evidence.replace("Privilege: ", "Privilege:  ");
        let at = evidence.at;
        evidence.messages[at]["Event: UserEvent\r\nPrivilege: ".len()] = 0xe9;
    }),
    ("output-cr", |evidence| evidence.replace("ActionID: ", "ActionID: a\rb")),
    ("bare-text-line-ends", |evidence| evidence.replace("IAX2/", "SIP/")),
];

#[test]
fn the_same_break_under_another_condition_is_not_known() {
    let mut wrong = Vec::new();
    for deviation in DEVIATIONS {
        let Some((_, edit)) = EDITS.iter().find(|(id, _)| *id == deviation.id) else {
            wrong.push(format!("{}: there is no edit for it", deviation.id));
            continue;
        };
        let (trace, message) = deviation.evidence[0];
        let bytes = common::bytes(trace);
        let messages = common::split(&bytes).into_iter().map(<[u8]>::to_vec).collect();
        let mut evidence = Evidence { messages, at: message as usize };
        edit(&mut evidence);
        let client = common::client_of(trace);
        let (findings, _) = common::check_sides(client.as_deref(), &evidence.messages.concat(), options());
        let at = evidence.at as u64;
        let there: Vec<_> =
            findings.iter().filter(|f| f.rule.name == deviation.rule && f.place.message == at).collect();
        if !there.iter().any(|finding| finding.known.is_none()) {
            wrong.push(format!("{} at message {at} of {trace}: {there:?}", deviation.id));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A queue is recognised by the dialplan or by its agents. Where a user reads neither, a queue may have called; where one of
/// them tells that none did, it did not.
#[test]
fn a_queue_is_seen_through_any_of_its_classes() {
    let (trace, ends) = ("asterisk-16/queue2.s2c", 2);
    let bytes = common::bytes(trace);
    let messages = common::split(&bytes);
    let known = |is_kept: &dyn Fn(&[u8]) -> bool| {
        let kept: Vec<_> = messages.iter().copied().filter(|message| is_kept(message)).collect();
        let (findings, _) = common::check(&kept.concat(), Options::default());
        let of_dials: Vec<_> = findings.iter().filter(|found| found.rule.name == "dial/begin-before-end").collect();
        assert_eq!(of_dials.len(), ends);
        of_dials.iter().filter(|found| found.known.is_some()).count()
    };
    let has = |message: &[u8], what: &str| message.windows(what.len()).any(|window| window == what.as_bytes());
    let of_queue = |message: &[u8]| has(message, "Event: Newexten\r\n") && has(message, "Application: Queue\r\n");
    let of_agent = |message: &[u8]| has(message, "Event: AgentCalled\r\n");
    assert_eq!(known(&|_| true), ends);
    assert_eq!(known(&|message| !common::is_of(&["agent"], message)), ends);
    assert_eq!(known(&|message| !common::is_of(&["dialplan"], message)), ends);
    assert_eq!(known(&|message| !common::is_of(&["agent", "dialplan"], message)), ends);
    assert_eq!(known(&|message| !of_agent(message) && !of_queue(message)), 0, "the dialplan tells of other things");
    let first = messages.iter().position(|message| of_agent(message)).unwrap();
    let others = |message: &[u8]| of_agent(message) && message != messages[first];
    assert_eq!(
        known(&|message| !common::is_of(&["dialplan"], message) && !others(message)),
        0,
        "other agents are called"
    );
}

#[test]
fn every_edit_is_for_an_entry() {
    for (id, _) in EDITS {
        assert!(DEVIATIONS.iter().any(|deviation| deviation.id == *id), "{id}");
    }
}
