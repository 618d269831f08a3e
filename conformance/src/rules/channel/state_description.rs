use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/state-description",
    severity: Severity::Error,
    source: "Channels",
    releases: "12..",
    promise: "ChannelState is a number from 0 to 10, and ChannelStateDesc is the name of that state.",
    why: "Some clients read the number and others the name; they must see the same call. The names are 0 \
          Down, 1 Rsrvd, 2 OffHook, 3 Dialing, 4 Ring, 5 Ringing, 6 Up, 7 Busy, 8 Dialing Offhook, 9 \
          Pre-ring, 10 Unknown.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
ChannelStateDesc: Up
Uniqueid: 1795516800.1
",
    violating: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
ChannelStateDesc: Ringing
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Channels(Proof::WhatCame),
    message,
    channel_end: None,
    bridge_end: None,
};

/// The names of the states, each at its number.
const STATES: [&[u8]; 11] = [
    b"Down",
    b"Rsrvd",
    b"OffHook",
    b"Dialing",
    b"Ring",
    b"Ringing",
    b"Up",
    b"Busy",
    b"Dialing Offhook",
    b"Pre-ring",
    b"Unknown",
];

/// The name of the state with this number.
fn name_of(state: &[u8]) -> Option<&'static [u8]> {
    let number = match state {
        [digit @ b'0'..=b'9'] => usize::from(digit - b'0'),
        b"10" => 10,
        _ => return None,
    };
    STATES.get(number).copied()
}

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    for (key, role) in &scene.named.channels {
        let (state, described) = match (role.state, role.state_description) {
            (Some(state), described) => (name_of(state), described),
            (None, Some(described)) => (STATES.iter().copied().find(|name| *name == described), Some(described)),
            (None, None) => continue,
        };
        if state.is_some_and(|state| described.is_none_or(|described| described == state)) {
            cx.held();
            continue;
        }
        let show = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or(b"absent")).into_owned();
        let prefix = String::from_utf8_lossy(role.prefix);
        cx.violated(Broken {
            at: scene.at.clone(),
            entity: format!("{prefix}ChannelState"),
            explanation: format!(
                "{prefix}ChannelState {} and {prefix}ChannelStateDesc {} of channel {} do not go together",
                show(role.state),
                show(role.state_description),
                String::from_utf8_lossy(role.uniqueid),
            ),
            related: Vec::new(),
            channel: Some(*key),
        });
    }
}
