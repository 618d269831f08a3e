//! What stock servers before release 12 do not keep.

use super::Deviation;
use crate::model::Event;

pub(super) static RECORDER_WITHOUT_NEWCHANNEL: Deviation = Deviation {
    id: "recorder-without-newchannel",
    rule: "legacy/channel-life",
    observed: &["10", "11"],
    condition: "The channel is ConfBridgeRecorder/…, by which a conference is recorded.",
    why: "ConfBridge makes the channel by hand and announces it to nobody; its variables and its Hangup are told all \
          the same. (The sessions below begin less than two seconds before it, which proves nothing yet: it is found \
          in them once an older channel is announced at their beginning.)",
    evidence: &[("asterisk-10/conf.s2c", 85), ("asterisk-11/conf.s2c", 83)],
    applies: |broken| {
        let role = broken.scene.named.channels.iter().find(|(key, _)| *key == broken.key);
        let name = broken.channel.name.as_ref().map(|(name, _)| &**name);
        let name = name.or(role.and_then(|(_, role)| role.name));
        (broken.channel.announced.is_none()
            && broken.scene.facts.event != Event::Newchannel
            && name.is_some_and(|name| name.starts_with(b"ConfBridgeRecorder/")))
        .into()
    },
};

pub(super) static DIAL_END_WITHOUT_DESTINATION: Deviation = Deviation {
    id: "dial-end-without-destination",
    rule: "legacy/dial-pairs",
    observed: &["1.8", "10", "11"],
    condition: "DialStatus CHANUNAVAIL, and since the caller's last Newexten no channel was made that could have been \
                dialled.",
    why: "Where no destination could be made at all (an unknown peer), Dial tells the end of a dial that it never \
          began.",
    evidence: &[
        ("asterisk-1.8/failed.s2c", 121),
        ("asterisk-1.8/flood.s2c.zst", 2311),
        ("asterisk-10/failed.s2c", 122),
        ("asterisk-11/failed.s2c", 122),
    ],
    applies: |broken| {
        let newexten = broken.channel.legacy.as_ref().and_then(|life| life.newexten.as_ref());
        // Without the class of events that tells the dialplan, the time of the dial is not known.
        let none_made = newexten
            .is_none_or(|began| broken.scene.model.last_newchannel().is_none_or(|made| made.place < began.place));
        (none_made && broken.scene.facts.message.get("DialStatus") == Some(b"CHANUNAVAIL")).into()
    },
};
