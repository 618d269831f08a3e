use ami_wire::Kind;

use crate::finding::Reference;
use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "session/timestamp-on-all",
    severity: Severity::Warning,
    source: "Authorization",
    releases: "1.0..",
    promise: "If events carry a Timestamp, all unsolicited ones do.",
    why: "A client that sorts or measures by it has holes. FullyBooted is excepted. The times need not \
          increase. Where the first event with a Timestamp comes late, the first one without is reported.",
    conforming: "\
Event: Newstate
Privilege: call,all
Timestamp: 1795516800.100000
Channel: PJSIP/100-00000001
ChannelState: 6

Event: Newstate
Privilege: call,all
Timestamp: 1795516800.100000
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newstate
Privilege: call,all
Timestamp: 1795516800.100000
Channel: PJSIP/100-00000001
ChannelState: 6

Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    era: Era::Any,
    on: On::Talk { kinds: &[Kind::Event], end: None },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if !scene.said.is_unsolicited() || scene.said.name.eq_ignore_ascii_case(b"FullyBooted") {
        return;
    }
    let talk = &scene.model.talk;
    let broken = |at: &Reference, other: &Reference| Broken {
        at: at.clone(),
        entity: at.event.to_string(),
        explanation: format!("{} has no Timestamp, and other events have", at.event),
        related: vec![other.clone()],
        channel: None,
    };
    match (&talk.stamped, &talk.unstamped) {
        (None, Some(unstamped)) if scene.said.is_stamped => {
            cx.violated_once(&talk.reported, || broken(unstamped, scene.at));
        }
        _ if scene.said.is_stamped => cx.held(),
        (Some(stamped), _) => cx.violated(broken(scene.at, stamped)),
        _ => {}
    }
}
