use smallvec::SmallVec;

use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "dial/caller-fields",
    severity: Severity::Warning,
    source: "Dialing and Origination",
    releases: "12..",
    promise: "The fields of the caller in a DialBegin or DialEnd are all there or all absent.",
    why: "An Originate has no caller; half a caller is neither. What the destination has with Dest before \
          it, the caller has without.",
    conforming: "\
Event: DialBegin
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2

Event: DialEnd
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2
DialStatus: BUSY
",
    violating: "\
Event: DialBegin
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Events(Proof::WhatCame, &[Event::DialBegin, Event::DialEnd]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let keys = || scene.facts.message.headers().map(|header| header.trimmed_key());
    let of_callee = |key: &&[u8]| key.starts_with(b"Dest");
    let callers: SmallVec<[&[u8]; 32]> = keys().filter(|key| !of_callee(key)).collect();
    // Both stand in the same order, so that each is found where the search for the one before it ended.
    let mut next = callers.iter();
    let (mut there, mut absent) = (None, None);
    for field in keys().filter_map(|key| key.strip_prefix(b"Dest")) {
        // Variables are those of the one channel or the other.
        if field.is_empty() || field == b"ChanVariable" {
            continue;
        }
        let is = |key: &&[u8]| key.eq_ignore_ascii_case(field);
        let is_there = next.by_ref().any(is) || {
            next = callers.iter();
            next.by_ref().any(is)
        };
        let side = if is_there { &mut there } else { &mut absent };
        side.get_or_insert(field);
    }
    let (Some(there), Some(absent)) = (there, absent) else {
        cx.held();
        return;
    };
    let (there, absent) = (String::from_utf8_lossy(there), String::from_utf8_lossy(absent));
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: absent.clone().into_owned(),
        explanation: format!("{} has {there} of the caller, but no {absent}", scene.at.event),
        related: Vec::new(),
        channel: scene.channel_key("Dest"),
    });
}
