//! Laws of the checker.

use ami_conformance::{Finding, Options, Releases, Sender, Session, Severity};
use arbitrary::Unstructured;

/// Checks a stream of the server.
fn check(input: &[u8], options: Options) -> Vec<Finding> {
    let mut session = Session::new(0, options);
    let mut findings = Vec::new();
    for message in ami_wire::messages(input) {
        match message {
            Ok(message) => session.push(Sender::Server, &message),
            Err(error) => session.skip(Sender::Server, error),
        }
        findings.extend(session.findings());
    }
    session.finish();
    findings.extend(session.findings());
    findings
}

/// Any stream can be checked, with any window; the same stream gives the same findings.
pub fn any_stream(input: &[u8]) {
    let window = usize::from(input.first().copied().unwrap_or(0) % 8);
    let options = Options { window, release: Releases::parse("22").ok(), ..Options::default() };
    let places = |findings: Vec<Finding>| -> Vec<_> { findings.iter().map(Finding::order).collect() };
    assert_eq!(places(check(input, options.clone())), places(check(input, options)));
}

/// A session made by a grammar of legal behaviour has no finding; with one planted break it has that one.
pub fn legal_session(input: &[u8]) {
    let mut unstructured = Unstructured::new(input);
    let Ok(calls) = calls(&mut unstructured) else { return };
    let Ok(messages) = interleave(&calls, &mut unstructured) else { return };
    let options = Options { release: Releases::parse("22").ok(), ..Options::default() };
    let errors = |messages: &[&Message]| -> Vec<&'static str> {
        let text: String = messages.iter().map(|message| message.text.as_str()).collect();
        let findings = check(text.as_bytes(), options.clone());
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors.map(|finding| finding.rule.name).collect()
    };
    let legal = errors(&messages);
    assert!(legal.is_empty(), "{legal:?}\n{:#?}", messages.iter().map(|m| &m.text).collect::<Vec<_>>());
    let Some(at) = (!messages.is_empty()).then(|| unstructured.choose_index(messages.len()).unwrap_or(0)) else {
        return;
    };
    if let Some(rule) = messages[at].breaks_without {
        let mut broken = messages.clone();
        broken.remove(at);
        let found = errors(&broken);
        assert!(found.contains(&rule), "without message {at} {rule} is broken, not {found:?}");
    }
}

/// A message of a made session.
#[derive(Clone, Debug)]
struct Message {
    text: String,
    /// The rule that is broken when this message is missing.
    breaks_without: Option<&'static str>,
}

fn event(name: &str, channel: &Channel, more: &str, breaks_without: Option<&'static str>) -> Message {
    let Channel { name: channel, uniqueid } = channel;
    let text = format!(
        "Event: {name}\r\nPrivilege: {class},all\r\nChannel: {channel}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n\
         CallerIDNum: <unknown>\r\nCallerIDName: <unknown>\r\nConnectedLineNum: <unknown>\r\n\
         ConnectedLineName: <unknown>\r\nLanguage: en\r\nAccountCode: \r\nContext: default\r\nExten: s\r\n\
         Priority: 1\r\nUniqueid: {uniqueid}\r\nLinkedid: {uniqueid}\r\n{more}\r\n",
        class = if matches!(name, "VarSet" | "Newexten") { "dialplan" } else { "call" },
    );
    Message { text, breaks_without }
}

fn bridge(name: &str, id: usize, members: usize) -> String {
    let text = format!(
        "BridgeUniqueid: bridge-{id}\r\nBridgeType: basic\r\nBridgeTechnology: simple_bridge\r\nBridgeCreator: \
         <unknown>\r\nBridgeName: <unknown>\r\nBridgeNumChannels: {members}\r\nBridgeVideoSourceMode: none\r\n"
    );
    if name.is_empty() { text } else { format!("Event: {name}\r\nPrivilege: call,all\r\n{text}\r\n") }
}

struct Channel {
    name: String,
    uniqueid: String,
}

/// Calls, each in its own legal order: a caller, a dialled channel, perhaps a bridge.
fn calls(input: &mut Unstructured<'_>) -> arbitrary::Result<Vec<Vec<Message>>> {
    let count = input.int_in_range(1..=4)?;
    let mut calls = Vec::new();
    for call in 0..count {
        let channel = |which: usize| Channel {
            name: format!("PJSIP/{call}{which}-0000000{which}"),
            uniqueid: format!("17955168{call}{which}.{call}{which}"),
        };
        let (caller, called) = (channel(1), channel(2));
        let dest = format!(
            "DestChannel: {name}\r\nDestChannelState: 6\r\nDestChannelStateDesc: Up\r\nDestCallerIDNum: <unknown>\r\n\
             DestCallerIDName: <unknown>\r\nDestConnectedLineNum: <unknown>\r\nDestConnectedLineName: <unknown>\r\n\
             DestLanguage: en\r\nDestAccountCode: \r\nDestContext: default\r\nDestExten: s\r\nDestPriority: 1\r\n\
             DestUniqueid: {id}\r\nDestLinkedid: {id}\r\n",
            name = called.name,
            id = called.uniqueid
        );
        let plain = |name: &str, channel: &Channel, more: &str| event(name, channel, more, None);
        let mut messages = vec![plain("Newchannel", &caller, ""), plain("Newchannel", &called, "")];
        messages.push(plain("DialBegin", &caller, &format!("{dest}DialString: {call}\r\n")));
        for _ in 0..input.int_in_range(0..=3)? {
            let who = if input.arbitrary()? { &caller } else { &called };
            messages.push(plain("VarSet", who, "Variable: A\r\nValue: 1\r\n"));
        }
        let status = if input.arbitrary()? { "ANSWER" } else { "BUSY" };
        messages.push(event(
            "DialEnd",
            &caller,
            &format!("{dest}DialStatus: {status}\r\n"),
            Some("dial/end-for-each-begin"),
        ));
        if status == "ANSWER" {
            let in_bridge = |members| bridge("", call, members);
            messages.push(Message { text: bridge("BridgeCreate", call, 0), breaks_without: None });
            messages.push(plain("BridgeEnter", &caller, &in_bridge(1)));
            messages.push(plain("BridgeEnter", &called, &in_bridge(2)));
            messages.push(event("BridgeLeave", &called, &in_bridge(1), Some("bridge/leave-before-hangup")));
            messages.push(event("BridgeLeave", &caller, &in_bridge(0), Some("bridge/empty-before-destroy")));
            messages.push(Message { text: bridge("BridgeDestroy", call, 0), breaks_without: None });
        }
        let cause = "Cause: 16\r\nCause-txt: Normal Clearing\r\n";
        messages.push(plain("Hangup", &called, cause));
        messages.push(plain("Hangup", &caller, cause));
        calls.push(messages);
    }
    Ok(calls)
}

/// Independent calls can interleave in any way.
fn interleave<'m>(calls: &'m [Vec<Message>], input: &mut Unstructured<'_>) -> arbitrary::Result<Vec<&'m Message>> {
    let mut queues: Vec<_> = calls.iter().map(|call| call.iter().peekable()).collect();
    let mut all = Vec::new();
    loop {
        queues.retain_mut(|queue| queue.peek().is_some());
        if queues.is_empty() {
            return Ok(all);
        }
        let at = input.choose_index(queues.len())?;
        all.extend(queues[at].next());
    }
}
