use ami_wire::Kind;

use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown;

pub(crate) static RULE: Rule = Rule {
    name: "session/read-mask",
    severity: Severity::Warning,
    source: "Authorization",
    releases: "1.0..",
    promise: "No unsolicited event comes that the classes the user may read, or the event filters, exclude.",
    why: "What a user may read is a matter of access. The classes and filters have to be given, as the \
          server's configuration has them: nothing in the stream tells them. An event passes when all of its \
          classes are among those given; FullyBooted is not filtered.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: AgentLogin
Privilege: agent,all
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
    let subscription = &scene.expected.subscription;
    // What answers an action was asked for. Items have no Privilege but for Status and PeerStatus, whose actions write it by
    // hand, as `Call` and `System`: that tells them where the trace begins within the list, too.
    let is_item = matches!(privilege, b"Call" | b"System") || scene.model.talk.lists.of(scene.said).is_some();
    if subscription.is_empty() || is_item {
        return;
    }
    let excluded = subscription.excludes(scene.said.name, privilege, scene.said.message.as_bytes());
    let Some(why) = excluded else { return cx.held() };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: shown(privilege),
        explanation: format!("{} comes, though {why}", scene.at.event),
        related: Vec::new(),
        channel: None,
    });
}
