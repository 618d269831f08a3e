use crate::finding::{Reference, Severity};
use crate::model::{Channel, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "local/halves-announced",
    severity: Severity::Error,
    source: "Local Channels",
    releases: "12..",
    promise: "Both halves of a LocalBridge had their Newchannel; their names end in ;1 and ;2 and are equal \
          before that.",
    why: "LocalBridge is what joins the two halves to one call; a half that is not known, or is of another \
          pair, joins the wrong ones. Proof of the missing Newchannel is the same as for \
          channel/newchannel-first.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: Local/100@default-00000001;1
Uniqueid: 1795516800.4

Event: Newchannel
Privilege: call,all
Channel: Local/100@default-00000001;2
Uniqueid: 1795516800.5

Event: LocalBridge
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: Local/100@default-00000009;2
Uniqueid: 1795516800.5

Event: Newchannel
Privilege: call,all
Channel: Local/100@default-00000001;1
Uniqueid: 1795516800.4

Event: LocalBridge
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000009;2
LocalTwoUniqueid: 1795516800.5
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::Newchannel]), &[Event::LocalBridge, Event::Newchannel]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.facts.event == Event::Newchannel {
        if let Some(channel) = scene.channel("").filter(|channel| channel.announced.is_none())
            && let Some((early, _)) = &channel.local_bridge
        {
            unannounced(channel, early, scene.at, cx);
        }
        return;
    }
    let (Some(one), Some(two)) = (scene.facts.role("LocalOne"), scene.facts.role("LocalTwo")) else { return };
    let stem = |name: Option<&[u8]>, half: &[u8]| name.and_then(|name| name.strip_suffix(half)).map(<[u8]>::to_vec);
    let pair = (stem(one.name, b";1"), stem(two.name, b";2"));
    if pair.0.is_none() || pair.0 != pair.1 {
        let show = |name: Option<&[u8]>| String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
        let halves = ["LocalOne", "LocalTwo"].into_iter().filter_map(|half| scene.channel(half));
        cx.violated(Broken {
            at: scene.at.clone(),
            entity: String::from_utf8_lossy(two.uniqueid).into_owned(),
            explanation: format!(
                "LocalBridge joins '{}' and '{}', which are not the ;1 and ;2 of one name",
                show(one.name),
                show(two.name)
            ),
            related: halves.filter_map(|half| half.announced.clone()).collect(),
            channel: scene.channel_key("LocalTwo"),
        });
        return;
    }
    let mut announced = true;
    for channel in ["LocalOne", "LocalTwo"].into_iter().filter_map(|half| scene.channel(half)) {
        announced &= channel.announced.is_some();
        if channel.announced.is_none()
            && let Some(older) = scene.model.proof_of_youth(channel)
        {
            unannounced(channel, scene.at, older, cx);
        }
    }
    if announced {
        cx.held();
    }
}

fn unannounced(channel: &Channel, at: &Reference, other: &Reference, cx: &mut Cx<'_>) {
    cx.violated_once(&channel.reported, || Broken {
        at: at.clone(),
        entity: channel.id.to_string(),
        explanation: format!("LocalBridge names {channel}, a half that had no Newchannel"),
        related: vec![other.clone()],
        channel: None,
    });
}
