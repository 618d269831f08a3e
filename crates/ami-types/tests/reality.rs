//! The schema against what real servers sent: every recorded session of every release.

mod corpus;

use std::collections::BTreeMap;

use ami_types::schema::{self, Presence, Release};
use ami_types::{Action, Event};
use ami_wire::Kind;

use crate::corpus::traces;

/// What differs, with how often and where it was seen first.
#[derive(Default)]
struct Report(BTreeMap<String, (usize, String)>);

impl Report {
    fn add(&mut self, what: String, place: &str) {
        self.0.entry(what).or_insert_with(|| (0, place.to_owned())).0 += 1;
    }

    fn assert_empty(&self) {
        let shown: Vec<String> =
            self.0.iter().map(|(what, (n, place))| format!("{what} ({n} times, first in {place})")).collect();
        assert!(shown.is_empty(), "\n{}", shown.join("\n"));
    }
}

/// Sessions whose values hold line breaks, which servers send as they are: parts of a value look like headers, or
/// like a whole event. What is on the wire there is no promise of any server.
fn breaks_lines(trace: &str) -> bool {
    trace.contains("/multiline.")
}

#[test]
fn every_event_has_a_type() {
    let mut report = Report::default();
    let mut events = 0;
    for trace in traces("s2c") {
        for message in ami_wire::messages(&trace.bytes).filter_map(Result::ok) {
            if message.kind() != Kind::Event {
                continue;
            }
            events += 1;
            let event = Event::decode(&message);
            // A variable with the value "…\nEvent: Fake" makes one.
            let injected = breaks_lines(&trace.name) && message.name() == Some(b"Fake");
            match event.def() {
                Some(def) => {
                    assert!(message.name().is_some_and(|name| name.eq_ignore_ascii_case(def.name.as_bytes())));
                    if !def.releases.contains(trace.release) {
                        report.add(format!("{} is not in {}", def.name, trace.release), &trace.name);
                    }
                    assert_eq!(event.name(), Some(def.name));
                }
                None if injected => {}
                None => report.add(format!("{:?} is unknown", event.name()), &trace.name),
            }
        }
    }
    report.assert_empty();
    assert!(events > 40_000, "{events}");
}

#[test]
fn headers_are_known_and_promised_headers_are_there() {
    let mut report = Report::default();
    for trace in traces("s2c") {
        let release = trace.release;
        for message in ami_wire::messages(&trace.bytes).filter_map(Result::ok) {
            let event = Event::decode(&message);
            let Some(def) = event.def() else { continue };
            for field in event.fields() {
                let stray = || {
                    def.strays.iter().any(|stray| {
                        stray.releases.contains(release) && stray.name.as_bytes().eq_ignore_ascii_case(&field.key)
                    })
                };
                match field.def {
                    Some(known) if known.presence(release) != Presence::Never => {}
                    _ if def.open => {}
                    _ if breaks_lines(&trace.name) && stray() => {}
                    Some(_) => report.add(format!("{}.{} is not in {release}", def.name, field.key), &trace.name),
                    None => report.add(format!("{}.{} is unknown in {release}", def.name, field.key), &trace.name),
                }
            }
            for field in def.fields.iter().filter(|field| field.always.contains(release)) {
                if message.get(field.name).is_none() && !breaks_lines(&trace.name) {
                    report.add(format!("{}.{} is absent in {release}", def.name, field.name), &trace.name);
                }
            }
        }
    }
    report.assert_empty();
}

#[test]
fn every_value_is_of_its_type() {
    let mut report = Report::default();
    for trace in traces("s2c") {
        for message in ami_wire::messages(&trace.bytes).filter_map(Result::ok) {
            for field in Event::decode(&message).fields() {
                let Some(def) = field.def else { continue };
                if !def.kind.accepts(&field.value) && !breaks_lines(&trace.name) {
                    let event = message.name().unwrap_or_default().escape_ascii();
                    report.add(
                        format!("{event}.{} = {:?} is no {}", def.name, field.value, def.kind.name()),
                        &trace.name,
                    );
                }
            }
        }
    }
    report.assert_empty();
}

#[test]
fn classes_are_those_of_the_wire() {
    let mut report = Report::default();
    for trace in traces("s2c") {
        for message in ami_wire::messages(&trace.bytes).filter_map(Result::ok) {
            let Some(def) = Event::decode(&message).def() else { continue };
            let Some(privilege) = message.get("Privilege") else { continue };
            let first = privilege.split(|&byte| byte == b',').next().unwrap_or_default();
            let class = schema::Class::from_bytes(first);
            if class.is_none_or(|class| !def.classes.contains(&class)) {
                report.add(format!("{} is of class {}", def.name, privilege.escape_ascii()), &trace.name);
            }
        }
    }
    report.assert_empty();
}

#[test]
fn every_action_that_a_server_knew_has_a_type() {
    let mut report = Report::default();
    let mut actions = 0;
    for trace in traces("c2s") {
        for message in ami_wire::messages(&trace.bytes).filter_map(Result::ok) {
            if message.kind() != Kind::Action {
                continue;
            }
            actions += 1;
            let name = message.name().unwrap_or_default();
            let made_up = matches!(name.to_ascii_lowercase().as_slice(), b"nosuchaction" | b"");
            if Action::decode(&message).is_none() && !made_up {
                report.add(format!("{} is unknown", name.escape_ascii()), &trace.name);
            }
        }
    }
    report.assert_empty();
    assert!(actions > 3_000, "{actions}");
}

/// An accessor finds what a look-up by key finds, wherever the header stands.
#[test]
fn decoding_finds_what_look_up_finds() {
    for trace in traces("s2c") {
        for message in ami_wire::messages(&trace.bytes).filter_map(Result::ok) {
            match Event::decode(&message) {
                Event::NewChannel(event) => {
                    let channel = event.channel();
                    assert_eq!(channel.name().as_deref(), message.get("Channel"));
                    assert_eq!(channel.state().raw().as_deref(), message.get("ChannelState"));
                    assert_eq!(channel.exten().as_deref(), message.get("Exten"));
                    assert_eq!(channel.uniqueid().as_deref(), message.get("Uniqueid"));
                    assert_eq!(channel.linkedid().as_deref(), message.get("Linkedid"));
                }
                Event::DialEnd(event) => {
                    assert_eq!(event.channel().uniqueid().as_deref(), message.get("Uniqueid"));
                    assert_eq!(event.dest().uniqueid().as_deref(), message.get("DestUniqueid"));
                    assert_eq!(event.dest().caller_id_num().as_deref(), message.get("DestCallerIDNum"));
                    assert_eq!(event.dial_status().raw().as_deref(), message.get("DialStatus"));
                    assert_eq!(event.forward().as_deref(), message.get("Forward"));
                }
                Event::BridgeEnter(event) => {
                    assert_eq!(event.bridge().uniqueid().as_deref(), message.get("BridgeUniqueid"));
                    assert_eq!(event.bridge().num_channels().raw().as_deref(), message.get("BridgeNumChannels"));
                    assert_eq!(event.channel().uniqueid().as_deref(), message.get("Uniqueid"));
                }
                Event::EndpointDetail(event) => {
                    assert_eq!(event.active_channels().raw().as_deref(), message.get("ActiveChannels"));
                    assert_eq!(event.object_name().as_deref(), message.get("ObjectName"));
                    assert_eq!(event.tos_audio().raw().as_deref(), message.get("TosAudio"));
                }
                Event::RTCPReceived(event) => {
                    assert_eq!(event.report_source_ssrc(0).raw().as_deref(), message.get("Report0SourceSSRC"));
                    assert_eq!(event.report_source_ssrc(1).raw(), None);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn banners_tell_the_release() {
    for trace in traces("s2c") {
        let Some(Ok(first)) = ami_wire::messages(&trace.bytes).next() else { continue };
        if first.kind() == Kind::Banner {
            let range = Release::from_banner(first.name().unwrap_or_default());
            assert!(range.is_some_and(|range| range.contains(trace.release)), "{}: {range:?}", trace.name);
        }
    }
}
