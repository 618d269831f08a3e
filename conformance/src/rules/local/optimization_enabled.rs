use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "local/optimization-enabled",
    severity: Severity::Warning,
    source: "Local Channels",
    releases: "12..",
    promise: "A pair of halves whose LocalBridge said LocalOptimization: No is not optimised away.",
    why: "Who asks for no optimisation wants to see the pair until the end of the call.",
    conforming: "\
Event: LocalBridge
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5
LocalOptimization: Yes

Event: LocalOptimizationBegin
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5
Id: 1
",
    violating: "\
Event: LocalBridge
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5
LocalOptimization: No

Event: LocalOptimizationBegin
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5
Id: 1
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::LocalBridge]), &[Event::LocalOptimizationBegin, Event::LocalOptimization]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(one) = scene.channel("LocalOne") else { return };
    match &one.local_bridge {
        None => cx.unobservable(),
        Some((_, true)) => cx.held(),
        Some((joined, false)) => cx.violated(Broken {
            at: scene.at.clone(),
            entity: one.id.to_string(),
            explanation: format!("{one} is optimised away, but its LocalBridge said that it is not to be"),
            related: vec![joined.clone()],
            channel: scene.channel_key("LocalOne"),
        }),
    }
}
