use crate::finding::{Reference, Severity};
use crate::rules::schema::{alone, sees_nothing};
use crate::rules::{Cx, Era, On, Rule};
use crate::vocabulary::{Look, Question};

pub(crate) static RULE: Rule = Rule {
    name: "schema/release",
    severity: Severity::Note,
    source: "schema",
    releases: "1.0..",
    promise: "The event exists in the release that the banner names.",
    why: "An event that is newer than its server comes from another one, or from a patched one: what else the banner \
          promises can't be relied on. Events that are older than the release have a rule of their own.",
    conforming: "\
Event: FullyBooted
Privilege: system,all
Status: Fully Booted
",
    violating: "\
Event: BridgeDestroy
Privilege: call,all
BridgeUniqueid: 5b2a3c1e
",
    era: Era::Any,
    on: On::Schema { question: Question::Released, broken },
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};

fn broken(look: &Look<'_>, at: &Reference, cx: &mut Cx<'_>) {
    let Some(def) = look.def else { return };
    let explanation = format!("this server's release has no event {}; it is in {}", def.name, def.releases);
    cx.violated(alone(at, def.name, explanation));
}
