use super::{Garden, Planter};
use crate::trace::Msg;

pub(super) const PLANTERS: &[Planter] = &[
    Planter { rule: "bridge/create-before-use", plant: create_before_use },
    Planter { rule: "bridge/nothing-after-destroy", plant: nothing_after_destroy },
    Planter { rule: "bridge/enter-once", plant: enter_once },
    Planter { rule: "bridge/leave-only-if-entered", plant: leave_only_if_entered },
    Planter { rule: "bridge/leave-before-hangup", plant: leave_before_hangup },
    Planter { rule: "bridge/empty-before-destroy", plant: empty_before_destroy },
    Planter { rule: "bridge/one-at-a-time", plant: one_at_a_time },
    Planter { rule: "bridge/member-count", plant: member_count },
];

/// What may speak up when a channel enters or leaves at another time.
const MOVED: &[&str] = &[
    "bridge/member-count",
    "channel/newstate-announces",
    "channel/linkedid-known",
    "dialplan/newexten-on-transition",
    "transfer/blind-before-leave",
    "parking/parked-before-enter",
    "channel/application-after-hangup",
];

fn uses<'t>(garden: &Garden<'t>, bridge: &'t str) -> Vec<usize> {
    let messages = garden.messages();
    let is_use = |message: &Msg| {
        (["BridgeEnter", "BridgeLeave", "BridgeDestroy"].iter().any(|event| message.is(event))
            && message.get("BridgeUniqueid") == bridge)
            || (message.is("BridgeMerge")
                && (message.get("ToBridgeUniqueid") == bridge || message.get("FromBridgeUniqueid") == bridge))
    };
    (0..messages.len()).filter(|at| is_use(&messages[*at])).collect()
}

fn create_before_use(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for create_at in garden.sites("BridgeCreate") {
        let create = &messages[create_at];
        let uses = uses(garden, create.get("BridgeUniqueid"));
        let Some(first) = uses.first().filter(|first| **first > create_at) else { continue };
        let first = &messages[*first];
        let edit = garden.edit().drop(create).behind(first, create);
        garden.expect("BridgeCreate moved behind the first use", edit, first).related([create]).also(MOVED);
        let last = &messages[uses[uses.len() - 1]];
        let edit = garden.edit().drop(create).behind(last, create);
        garden.expect("BridgeCreate moved behind the last use", edit, first).related([create]).also(MOVED);
        let edit = garden.edit().drop(first).before(create, first);
        garden.expect("first use moved before the BridgeCreate", edit, first).related([create]).also(MOVED);
        for at in uses.iter().skip(1).take(3) {
            let message = &messages[*at];
            let edit = garden.edit().drop(message).before(create, message);
            garden.expect("later use moved before the BridgeCreate", edit, message).related([create]).also(MOVED);
        }
    }
}

fn nothing_after_destroy(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for destroy_at in garden.sites("BridgeDestroy") {
        let destroy = &messages[destroy_at];
        let id = destroy.get("BridgeUniqueid");
        if !garden.is_clean(id) {
            continue;
        }
        let uses: Vec<usize> = uses(garden, id).into_iter().filter(|at| *at < destroy_at).collect();
        if let Some(last) = uses.last() {
            let message = &messages[*last];
            let edit = garden.edit().drop(message).behind(destroy, message);
            garden.expect("last use moved behind the BridgeDestroy", edit, message).related([destroy]).also(MOVED);
            let copy = message.copy();
            let edit = garden.edit().behind(destroy, &copy);
            garden.expect("last use told again behind the BridgeDestroy", edit, &copy).related([destroy]).also(MOVED);
        }
        if let Some(middle) = uses.get(uses.len() / 2) {
            let message = &messages[*middle];
            let edit = garden.edit().drop(destroy).before(message, destroy);
            garden.expect("BridgeDestroy moved before a use", edit, message).related([destroy]).also(MOVED);
        }
        let copy = destroy.copy();
        let edit = garden.edit().behind(destroy, &copy);
        garden.expect("BridgeDestroy told twice", edit, &copy).related([destroy]);
    }
}

fn enter_once(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for enter_at in garden.sites("BridgeEnter") {
        let enter = &messages[enter_at];
        let (id, bridge) = (enter.get("Uniqueid"), enter.get("BridgeUniqueid"));
        if !garden.is_clean(id) {
            continue;
        }
        let copy = enter.copy();
        let edit = garden.edit().behind(enter, &copy);
        garden.expect("BridgeEnter told twice", edit, &copy).related([enter]).also(MOVED);
        let same = |message: &Msg| message.get("Uniqueid") == id && message.get("BridgeUniqueid") == bridge;
        let Some(leave_at) = garden.trace.next(enter_at, |message| message.is("BridgeLeave") && same(message)) else {
            continue;
        };
        let leave = &messages[leave_at];
        let copy = enter.copy();
        let edit = garden.edit().before(leave, &copy);
        garden.expect("BridgeEnter told again before it leaves", edit, &copy).related([enter]).also(MOVED);
        if let Some(again) = garden.trace.next(leave_at, |message| message.is("BridgeEnter") && same(message)) {
            let edit = garden.edit().drop(leave);
            let case = garden.expect("BridgeLeave between two stays dropped", edit, &messages[again]);
            case.related([enter]).also(MOVED);
        }
        // The BridgeLeave becomes a second BridgeEnter.
        let new = leave.with("Event", "BridgeEnter");
        let edit = garden.edit().replace(leave, &new);
        garden.expect("BridgeLeave renamed to BridgeEnter", edit, &new).related([enter]).also(MOVED);
    }
}

fn leave_only_if_entered(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for leave_at in garden.sites("BridgeLeave") {
        let leave = &messages[leave_at];
        let (id, bridge) = (leave.get("Uniqueid"), leave.get("BridgeUniqueid"));
        let create =
            (0..leave_at).find(|at| messages[*at].is("BridgeCreate") && messages[*at].get("BridgeUniqueid") == bridge);
        let (Some(create), Some(birth)) = (create, garden.trace.birth(id).filter(|at| *at < leave_at)) else {
            continue;
        };
        let same = |message: &Msg| message.get("Uniqueid") == id && message.get("BridgeUniqueid") == bridge;
        let Some(enter_at) = garden.trace.previous(leave_at, |message| message.is("BridgeEnter") && same(message))
        else {
            continue;
        };
        if !garden.is_clean(id) || garden.trace.death(id).is_some_and(|death| death < leave_at) {
            continue;
        }
        let enter = &messages[enter_at];
        let edit = garden.edit().drop(enter);
        garden.expect("BridgeEnter dropped", edit, leave).also(MOVED);
        let edit = garden.edit().drop(enter).behind(leave, enter);
        garden.expect("BridgeEnter moved behind the BridgeLeave", edit, leave).also(MOVED);
        let copy = leave.copy();
        let edit = garden.edit().behind(leave, &copy);
        garden.expect("BridgeLeave told twice", edit, &copy).also(MOVED);
        if create.max(birth) < enter_at {
            let edit = garden.edit().drop(leave).before(enter, leave);
            garden.expect("BridgeLeave moved before the BridgeEnter", edit, leave).also(MOVED);
            let new = enter.with("Event", "BridgeLeave");
            let edit = garden.edit().replace(enter, &new);
            garden.expect("BridgeEnter renamed to BridgeLeave", edit, &new).also(MOVED);
        }
    }
}

fn leave_before_hangup(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for leave_at in garden.sites("BridgeLeave") {
        let leave = &messages[leave_at];
        let (id, bridge) = (leave.get("Uniqueid"), leave.get("BridgeUniqueid"));
        let same = |message: &Msg| message.get("Uniqueid") == id && message.get("BridgeUniqueid") == bridge;
        let Some(enter_at) = garden.trace.previous(leave_at, |message| message.is("BridgeEnter") && same(message))
        else {
            continue;
        };
        let Some(death) = garden.trace.death(id).filter(|death| *death > leave_at) else { continue };
        let again = garden.trace.next(leave_at, |message| message.get("Uniqueid") == id && message.is("BridgeEnter"));
        if !garden.is_clean(id) || again.is_some() {
            continue;
        }
        let (enter, hangup) = (&messages[enter_at], &messages[death]);
        let edit = garden.edit().drop(leave);
        garden.expect("BridgeLeave dropped", edit, hangup).related([enter]).also(MOVED);
        let edit = garden.edit().drop(leave).behind(hangup, leave);
        garden.expect("BridgeLeave moved behind the Hangup", edit, hangup).related([enter]).also(MOVED);
        let edit = garden.edit().drop(hangup).before(leave, hangup);
        garden.expect("Hangup moved before the BridgeLeave", edit, hangup).related([enter]).also(MOVED);
        let new = leave.with("BridgeUniqueid", "00000000-0000-0000-0000-000000000000");
        let edit = garden.edit().replace(leave, &new);
        garden.expect("BridgeLeave given to another bridge", edit, hangup).related([enter]).also(MOVED);
        let new = leave.with("Uniqueid", "1000000000.1").with("Channel", "Nobody/1");
        let edit = garden.edit().replace(leave, &new);
        garden.expect("BridgeLeave given to another channel", edit, hangup).related([enter]).also(MOVED);
        let copy = enter.copy();
        let edit = garden.edit().before(hangup, &copy);
        garden.expect("BridgeEnter told again before the Hangup", edit, hangup).related([&copy]).also(MOVED);
    }
}

fn empty_before_destroy(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for destroy_at in garden.sites("BridgeDestroy") {
        let destroy = &messages[destroy_at];
        let id = destroy.get("BridgeUniqueid");
        if !garden.is_clean(id) {
            continue;
        }
        let stays: Vec<(usize, usize)> = (0..destroy_at)
            .filter(|at| messages[*at].is("BridgeLeave") && messages[*at].get("BridgeUniqueid") == id)
            .filter_map(|leave| {
                let channel = messages[leave].get("Uniqueid");
                let same = |message: &Msg| message.get("Uniqueid") == channel && message.get("BridgeUniqueid") == id;
                let enter = garden.trace.previous(leave, |message| message.is("BridgeEnter") && same(message))?;
                let again = garden.trace.next(leave, |message| message.is("BridgeEnter") && same(message));
                again.is_none().then_some((enter, leave))
            })
            .collect();
        let Some((enter, leave)) = stays.last().copied() else { continue };
        let (enter, leave) = (&messages[enter], &messages[leave]);
        let edit = garden.edit().drop(leave);
        garden.expect("last BridgeLeave dropped", edit, destroy).related([enter]).also(MOVED);
        let edit = garden.edit().drop(leave).behind(destroy, leave);
        garden.expect("last BridgeLeave moved behind the BridgeDestroy", edit, destroy).related([enter]).also(MOVED);
        let edit = garden.edit().drop(destroy).before(leave, destroy);
        garden.expect("BridgeDestroy moved before the last BridgeLeave", edit, destroy).related([enter]).also(MOVED);
        let copy = enter.copy();
        let edit = garden.edit().before(destroy, &copy);
        garden.expect("BridgeEnter told again before the BridgeDestroy", edit, destroy).related([&copy]).also(MOVED);
        if stays.len() > 1 {
            let mut edit = garden.edit();
            for (_, leave) in &stays {
                edit = edit.drop(&messages[*leave]);
            }
            let enters: Vec<_> = stays.iter().map(|(enter, _)| &messages[*enter]).collect();
            garden.expect("every BridgeLeave dropped", edit, destroy).related(enters).also(MOVED);
        }
    }
}

fn one_at_a_time(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for leave_at in garden.sites("BridgeLeave") {
        let leave = &messages[leave_at];
        let (id, bridge) = (leave.get("Uniqueid"), leave.get("BridgeUniqueid"));
        let same = |message: &Msg| message.get("Uniqueid") == id && message.get("BridgeUniqueid") == bridge;
        let Some(enter_at) = garden.trace.previous(leave_at, |message| message.is("BridgeEnter") && same(message))
        else {
            continue;
        };
        if !garden.is_clean(id) {
            continue;
        }
        let enter = &messages[enter_at];
        let other = |message: &Msg| {
            message.is("BridgeEnter") && message.get("Uniqueid") == id && message.get("BridgeUniqueid") != bridge
        };
        if let Some(next) = garden.trace.next(leave_at, other) {
            let next = &messages[next];
            let edit = garden.edit().drop(leave);
            garden
                .expect("BridgeLeave dropped before it enters another bridge", edit, next)
                .related([enter])
                .also(MOVED);
            let edit = garden.edit().drop(next).before(leave, next);
            garden
                .expect("BridgeEnter moved before it leaves the other bridge", edit, next)
                .related([enter])
                .also(MOVED);
        }
        let copy = enter.copy().with("BridgeUniqueid", "00000000-0000-0000-0000-000000000000");
        let edit = garden.edit().behind(enter, &copy);
        garden.expect("BridgeEnter into another bridge inserted", edit, &copy).related([enter]).also(MOVED);
    }
}

fn member_count(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for event in ["BridgeEnter", "BridgeLeave"] {
        for at in garden.sites(event) {
            let message = &messages[at];
            let bridge = message.get("BridgeUniqueid");
            let created = garden
                .trace
                .previous(at, |message| message.is("BridgeCreate") && message.get("BridgeUniqueid") == bridge);
            let special = ["ConfBridge", "Parking"].contains(&message.get("BridgeCreator"));
            let Ok(count) = message.get("BridgeNumChannels").parse::<u32>() else { continue };
            if created.is_none() || special {
                continue;
            }
            let new = message.with("BridgeNumChannels", &(count + 5).to_string());
            let edit = garden.edit().replace(message, &new);
            garden.expect("BridgeNumChannels too high", edit, &new);
            if count > 0 {
                let new = message.with("BridgeNumChannels", &(count - 1).to_string());
                let edit = garden.edit().replace(message, &new);
                garden.expect("BridgeNumChannels too low", edit, &new);
            }
        }
    }
}
