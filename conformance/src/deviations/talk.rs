//! What stock servers do not keep about actions, responses and lists.

use super::{Break, Deviation, is_iax_peers, is_iax_row, is_queue};

/// Whether the break is about an action with this name: the first message that it refers to.
fn is_action(broken: &Break<'_, '_>, name: &str) -> bool {
    broken.finding.related.first().is_some_and(|action| action.event.eq_ignore_ascii_case(name))
}

/// Whether the server sent extra blank lines since its last response, and no text without a kind.
fn came_blank(broken: &Break<'_, '_>) -> bool {
    let talk = broken.scene.model.talk();
    talk.bare_text.is_none() && (talk.blank || talk.is_behind_blank(broken.scene.said))
}

/// Whether the server sent text without a kind since its last response, and how it begins is as expected.
fn came_text(broken: &Break<'_, '_>, expected: impl FnOnce(&[u8]) -> bool) -> bool {
    broken.scene.model.talk().bare_text.as_deref().is_some_and(expected)
}

fn is_event(broken: &Break<'_, '_>, name: &str) -> bool {
    broken.scene.said.name == name.as_bytes()
}

pub(super) static IAXNETSTATS_EMPTY_ANSWER: Deviation = Deviation {
    id: "iaxnetstats-empty-answer",
    rule: "action/one-response",
    observed: &["1.4", "1.6", "1.8", "11", "13", "16", "20", "22", "23"],
    condition: "The action is IAXnetstats, and since the last response an extra blank line came, or text that begins \
                with IAX2/.",
    why: "It is answered by a table without any header: a row for each channel, and an empty line alone without calls.",
    evidence: &[("asterisk-16/queries.s2c", 275), ("asterisk-22/queries.s2c", 275), ("asterisk-23/iaxcall.s2c", 77)],
    applies: |broken| {
        let rows = || came_text(broken, is_iax_row);
        (is_action(broken, "IAXnetstats") && (came_blank(broken) || rows())).into()
    },
};

pub(super) static DBGETTREE_COUNT: Deviation = Deviation {
    id: "dbgettree-count",
    rule: "list/item-count",
    observed: &["16"],
    condition: "DBGetTreeComplete announces 1 item, and more came.",
    why: "The count is not made: it is always 1.",
    evidence: &[("asterisk-16/queries.s2c", 213)],
    applies: |broken| {
        let came = broken.scene.model.talk().lists.of(broken.scene.said).map_or(0, |list| list.items);
        (is_event(broken, "DBGetTreeComplete") && broken.scene.said.list_items == Some(b"1") && came > 1).into()
    },
};

/// How many items the event at hand announces.
fn announced(broken: &Break<'_, '_>) -> Option<u64> {
    std::str::from_utf8(broken.scene.said.list_items?).ok()?.trim().parse().ok()
}

pub(super) static IAXPEERLIST_ITEMS_WITHOUT_ACTIONID: Deviation = Deviation {
    id: "iaxpeerlist-items-without-actionid",
    rule: "list/item-count",
    observed: &["1.8", "11", "12", "13", "20", "23"],
    condition: "PeerlistComplete ends a list in which no event but PeerEntry came, as many as announced, and none of \
                them with an ActionID.",
    why: "The PeerEntry items of IAXpeerlist are written without it.",
    evidence: &[("asterisk-20/iaxcall.s2c", 80), ("asterisk-23/iaxcall.s2c", 70)],
    applies: |broken| {
        let Some(list) = broken.scene.model.talk().lists.of(broken.scene.said) else { return false.into() };
        let nameless = (list.items, list.nameless) == (0, 0) && announced(broken) == Some(list.nameless_peers);
        (is_event(broken, "PeerlistComplete") && nameless).into()
    },
};

pub(super) static IAXPEERLIST_NAMELESS_ITEM: Deviation = Deviation {
    id: "iaxpeerlist-nameless-item",
    rule: "action/event-id",
    observed: &["1.8", "11", "13", "20", "23"],
    condition: "A PeerEntry of channel type IAX or IAX2 carries no ActionID, and the action, where it is known, is \
                IAXpeers or IAXpeerlist.",
    why: "The PeerEntry items of IAXpeerlist are written without it.",
    evidence: &[("asterisk-20/iaxcall.s2c", 78), ("asterisk-23/iaxcall.s2c", 68)],
    applies: |broken| {
        let said = broken.scene.said;
        let is_iax = matches!(said.message.get("Channeltype"), Some(b"IAX" | b"IAX2"));
        let action = broken.scene.model.talk().lists.latest().and_then(|list| list.action.as_deref());
        let is_peers = |name: &str| ["IAXpeers", "IAXpeerlist"].iter().any(|one| one.eq_ignore_ascii_case(name));
        (is_event(broken, "PeerEntry") && said.action_id.is_none() && is_iax && action.is_none_or(is_peers)).into()
    },
};

pub(super) static MULTILINE_VALUE_SPLITS_STATUS: Deviation = Deviation {
    id: "multiline-value-splits-status",
    rule: "list/item-count",
    observed: &["13", "20", "23"],
    condition: "StatusComplete announces as many items as came whole and cut together: for each that is missing, text \
                without a kind came that carries the ActionID of the list.",
    why: "A channel variable with an empty line ends the Status item early: the ActionID stands in the rest.",
    evidence: &[("asterisk-20/multiline.s2c", 53), ("asterisk-23/multiline.s2c", 54)],
    applies: |broken| {
        let Some(list) = broken.scene.model.talk().lists.of(broken.scene.said) else { return false.into() };
        (is_event(broken, "StatusComplete") && announced(broken) == Some(list.items + list.tails)).into()
    },
};

pub(super) static STATUS_WITH_PRIVILEGE: Deviation = Deviation {
    id: "status-with-privilege",
    rule: "list/no-privilege",
    observed: &["12", "13", "16", "20", "22", "23"],
    condition: "The item is a Status with Privilege: Call.",
    why: "The action Status writes the class of channel events into its items.",
    evidence: &[("asterisk-16/simple.s2c", 86), ("asterisk-22/simple.s2c", 87), ("asterisk-23/pickup.s2c", 97)],
    applies: |broken| (is_event(broken, "Status") && broken.scene.said.privilege == Some(b"Call")).into(),
};

pub(super) static QUEUES_BARE_TEXT: Deviation = Deviation {
    id: "queues-bare-text",
    rule: "action/one-response",
    observed: &["1.4", "1.6", "1.8", "10", "11", "12", "13"],
    condition: "The action is Queues, and since the last response text came that begins like a row of `queue show`.",
    why: "It is answered by the text of the command `queue show`, without any header.",
    evidence: &[("asterisk-1.4/queries.s2c", 13), ("asterisk-1.6.2/queries.s2c", 15)],
    applies: |broken| (is_action(broken, "Queues") && came_text(broken, is_queue)).into(),
};

pub(super) static SIPQUALIFYPEER_EMPTY_ANSWER: Deviation = Deviation {
    id: "sipqualifypeer-empty-answer",
    rule: "action/one-response",
    observed: &["1.6", "1.8", "11"],
    condition: "The action is SIPqualifypeer, and since the last response extra blank lines came, and no text.",
    why: "It is answered by empty lines.",
    evidence: &[
        ("asterisk-1.6.2/queries.s2c", 441),
        ("asterisk-1.8/queries.s2c", 365),
        ("asterisk-11/queries.s2c", 372),
    ],
    applies: |broken| (is_action(broken, "SIPqualifypeer") && came_blank(broken)).into(),
};

pub(super) static QUEUERULE_EMPTY_ANSWER: Deviation = Deviation {
    id: "queuerule-empty-answer",
    rule: "action/one-response",
    observed: &["1.6"],
    condition: "The action is QueueRule, and since the last response extra blank lines came.",
    why: "It is answered by the rules alone, without any header: by an empty line where there are none.",
    evidence: &[("asterisk-1.6.2/queue.s2c", 28)],
    applies: |broken| {
        let talk = broken.scene.model.talk();
        let blank = talk.blank || talk.is_behind_blank(broken.scene.said);
        (is_action(broken, "QueueRule") && blank).into()
    },
};

pub(super) static DATAGET_EVENT_ANSWER: Deviation = Deviation {
    id: "dataget-event-answer",
    rule: "action/one-response",
    observed: &["1.8", "11"],
    condition: "The action is DataGet, and the message before is the event DataGet Tree.",
    why: "It is answered by that event alone.",
    evidence: &[("asterisk-1.8/queries.s2c", 375), ("asterisk-11/queries.s2c", 386)],
    applies: |broken| {
        let [server, _] = &broken.scene.model.talk().last;
        let told = server.as_ref().is_some_and(|last| last.event == "DataGet Tree");
        (is_action(broken, "DataGet") && told).into()
    },
};

pub(super) static IAXPEERS_BARE_TEXT: Deviation = Deviation {
    id: "iaxpeers-bare-text",
    rule: "action/one-response",
    observed: &["1.4"],
    condition: "The action is IAXpeers, and since the last response text came that begins with its ActionID and the \
                head of a table.",
    why: "It is answered by an ActionID and a table, without a Response.",
    evidence: &[("asterisk-1.4/iaxcall.s2c", 24), ("asterisk-1.4/queries.s2c", 56)],
    applies: |broken| (is_action(broken, "IAXpeers") && came_text(broken, is_iax_peers)).into(),
};

pub(super) static EVENTS_WITHOUT_ACTIONID: Deviation = Deviation {
    id: "events-without-actionid",
    rule: "action/id-echoed",
    observed: &["1.6"],
    condition: "The action is Events, and the response has no ActionID.",
    why: "The response to Events is written without it.",
    evidence: &[("asterisk-1.6.2/noauth.s2c", 6), ("asterisk-1.6.2/queries.s2c", 467)],
    applies: |broken| {
        let is_nameless = broken.finding.entity.as_deref() == Some("no ActionID");
        (is_action(broken, "Events") && is_nameless).into()
    },
};
