use ami_wire::Kind;

use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown;

pub(crate) static RULE: Rule = Rule {
    name: "session/event-class",
    severity: Severity::Warning,
    source: "Authorization",
    releases: "1.0..",
    promise: "The first class in Privilege is one that the schema names for that event.",
    why: "Which events a user gets is decided by these classes. They are compared without regard to case; an \
          event that the schema does not know cannot be told.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newstate
Privilege: reporting,all
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
    let Some(privilege) = scene.said.privilege else { return };
    let Some(def) = scene.said.def.filter(|def| !def.classes.is_empty()) else { return cx.unobservable() };
    // As nearly all do: the class as it is documented, and a comma.
    let begins_with = |class: &str| privilege.strip_prefix(class.as_bytes()).is_some_and(|rest| rest.starts_with(b","));
    if def.classes.iter().any(|class| begins_with(class.as_str())) {
        return cx.held();
    }
    let end = privilege.iter().position(|byte| *byte == b',').unwrap_or(privilege.len());
    let first = privilege.get(..end).unwrap_or(privilege).trim_ascii();
    if def.classes.iter().any(|class| class.is(first)) {
        return cx.held();
    }
    let known: Vec<_> = def.classes.iter().map(|class| class.as_str()).collect();
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: shown(privilege),
        explanation: format!("{} comes with class '{}'; it is {}", def.name, shown(first), known.join(" or ")),
        related: Vec::new(),
        channel: None,
    });
}
