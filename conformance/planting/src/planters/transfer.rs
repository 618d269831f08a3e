use super::channel::APPLICATIONS;
use super::{Garden, Planter, SNAPSHOTS};
use crate::trace::Msg;

pub(super) const PLANTERS: &[Planter] = &[
    Planter { rule: "transfer/blind-before-leave", plant: blind_before_leave },
    Planter { rule: "transfer/parties-known", plant: parties_known },
    Planter { rule: "parking/parked-before-enter", plant: parked_before_enter },
    Planter { rule: "parking/one-outcome", plant: one_outcome },
    Planter { rule: "local/optimization-paired", plant: optimization_paired },
];

/// More messages than what an application says of a channel can come behind its `Hangup`.
pub(super) const RACE: usize = 33;

/// What speaks up besides when something is said of a channel behind its end, or in another order.
pub(super) const LATE: &[&str] = &[
    "channel/newstate-announces",
    "dialplan/newexten-on-transition",
    "channel/linkedid-known",
    "channel/application-after-hangup",
];

/// Where the channel hangs up, with enough messages behind to be sure that nothing more comes of it.
pub(super) fn silence(garden: &Garden<'_>, id: &str) -> Option<usize> {
    garden.trace.death(id).filter(|death| garden.messages().len() > death + RACE)
}

fn blind_before_leave(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("BlindTransfer") {
        let transfer = &messages[at];
        let (transferee, bridge) = (transfer.get("TransfereeUniqueid"), transfer.get("BridgeUniqueid"));
        let leaves = |other: &Msg| {
            other.is("BridgeLeave") && other.get("BridgeUniqueid") == bridge && other.get("Uniqueid") == transferee
        };
        if transfer.get("Result") != "Success" {
            continue;
        }
        // Where it was recorded late, it is found as it is.
        let Some(leave_at) = garden.trace.next(at, leaves) else { continue };
        let leave = &messages[leave_at];
        let edit = garden.edit().drop(transfer).behind(leave, transfer);
        garden.expect("BlindTransfer moved behind the BridgeLeave", edit, transfer).related([leave]).also(LATE);
        let edit = garden.edit().drop(leave).before(transfer, leave);
        let case = garden.expect("BridgeLeave moved before the BlindTransfer", edit, transfer);
        case.related([leave]).also(LATE).also(&["bridge/member-count"]);
        let far = &messages[(leave_at + 12).min(messages.len() - 1)];
        let edit = garden.edit().drop(transfer).behind(far, transfer);
        garden.expect("BlindTransfer moved far behind the BridgeLeave", edit, transfer).related([leave]).also(LATE);
        let copy = transfer.copy();
        let edit = garden.edit().behind(leave, &copy);
        garden.expect("BlindTransfer told again behind the BridgeLeave", edit, &copy).related([leave]).also(LATE);
        if let Some(death) = garden.trace.death(transferee) {
            let edit = garden.edit().drop(transfer).behind(&messages[death], transfer);
            let case = garden.expect("BlindTransfer moved behind the transferee's Hangup", edit, transfer);
            case.related([leave]).also(LATE);
        }
    }
}

fn parties_known(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for event in ["BlindTransfer", "AttendedTransfer"] {
        for at in garden.sites(event) {
            let transfer = &messages[at];
            for (role, id) in transfer.channels().filter(|(role, _)| !role.starts_with("Local")) {
                let first = transfer.channels().find(|(_, other)| *other == id).map(|(role, _)| role);
                let Some(birth) = garden.trace.birth(id).filter(|birth| *birth < at && first == Some(role)) else {
                    continue;
                };
                // The oldest channel that was announced before proves the youth of one that is two seconds younger.
                let oldest = messages[..at]
                    .iter()
                    .filter(|other| other.is("Newchannel"))
                    .filter_map(|other| Some((crate::naive::epoch(other.get("Uniqueid"))?, other)))
                    .min_by_key(|(epoch, _)| *epoch);
                let newchannel = &messages[birth];
                let proof = oldest
                    .filter(|(epoch, other)| {
                        *epoch + 2 <= crate::naive::epoch(id).unwrap_or(0) && !std::sync::Arc::ptr_eq(other, newchannel)
                    })
                    .map_or(newchannel, |(_, other)| other);
                let edit = garden.edit().drop(newchannel).behind(transfer, newchannel);
                let case = garden.expect("Newchannel of a party moved behind the transfer", edit, transfer);
                case.related([proof]).also(SNAPSHOTS).also(LATE).also(&["local/halves-announced"]);
                // A channel that nobody has announced, younger than all that were.
                let young = format!("{}.99", 2_000_000_000);
                let key = format!("{role}Uniqueid");
                let Some((_, oldest)) = oldest else { continue };
                let new = transfer.with(&key, &young);
                garden.alter("party that was never announced", transfer, &new).related([oldest]).also(SNAPSHOTS);
                // A Newchannel that follows proves as well.
                let (new, late) = (transfer.with(&key, "1.1"), newchannel.copy().with("Uniqueid", "1.1"));
                let edit = garden.edit().replace(transfer, &new).behind(messages.last().unwrap_or(&new), &late);
                let case = garden.expect("party that is announced at the end", edit, &new);
                case.related([&late]).also(SNAPSHOTS).also(&["schema/bad-value"]);
            }
        }
    }
}

fn parked_before_enter(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("ParkedCall") {
        let parked = &messages[at];
        let id = parked.get("ParkeeUniqueid");
        let enters = |other: &Msg| {
            other.is("BridgeEnter") && other.get("BridgeCreator") == "Parking" && other.get("Uniqueid") == id
        };
        let Some(enter_at) = garden.trace.next(at, enters) else { continue };
        let enter = &messages[enter_at];
        let edit = garden.edit().drop(parked).behind(enter, parked);
        garden.expect("ParkedCall moved behind the BridgeEnter", edit, parked).related([enter]).also(LATE);
        let edit = garden.edit().drop(enter).before(parked, enter);
        let case = garden.expect("BridgeEnter moved before the ParkedCall", edit, parked);
        case.related([enter]).also(LATE).also(SNAPSHOTS).also(&["bridge/member-count"]);
        if let Some(leave) = garden.trace.next(enter_at, |other| other.is("BridgeLeave") && other.get("Uniqueid") == id)
            && garden.trace.birth(id).is_some()
        {
            let edit = garden.edit().drop(parked).behind(&messages[leave], parked);
            let case = garden.expect("ParkedCall moved behind the BridgeLeave", edit, parked);
            case.related([enter]).also(LATE).also(&["parking/one-outcome"]);
        }
    }
}

const OUTCOMES: [&str; 4] = ["UnParkedCall", "ParkedCallTimeOut", "ParkedCallGiveUp", "ParkedCallSwap"];

fn one_outcome(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("ParkedCall") {
        let parked = &messages[at];
        let id = parked.get("ParkeeUniqueid");
        let is_outcome =
            |other: &Msg| OUTCOMES.iter().any(|event| other.is(event)) && other.get("ParkeeUniqueid") == id;
        let Some(outcome_at) = garden.trace.next(at, is_outcome) else { continue };
        let outcome = &messages[outcome_at];
        if messages.iter().filter(|other| is_outcome(other)).count() != 1 {
            continue;
        }
        let copy = outcome.copy();
        let edit = garden.edit().behind(outcome, &copy);
        garden.expect("outcome told twice", edit, &copy).related([parked, outcome]).also(LATE);
        for event in OUTCOMES.into_iter().filter(|event| !outcome.is(event)) {
            let second = outcome.copy().with("Event", event);
            let edit = garden.edit().behind(outcome, &second);
            let case = garden.expect("second outcome of another kind", edit, &second).related([parked, outcome]);
            case.also(LATE).also(&["schema/missing-field", "schema/unknown-field"]);
        }
        let copy = parked.copy();
        let edit = garden.edit().before(outcome, &copy);
        let case = garden.expect("ParkedCall told again before the outcome", edit, &copy).related([parked]);
        case.also(LATE).also(&["parking/parked-before-enter"]);
        let Some(hangup) = silence(garden, id).map(|death| &messages[death]) else { continue };
        let edit = garden.edit().drop(outcome);
        garden.expect("outcome dropped", edit, hangup).related([parked]);
        let edit = garden.edit().drop(outcome).before(parked, outcome);
        garden.expect("outcome moved before the ParkedCall", edit, hangup).related([parked]).also(LATE);
        let new = outcome.with("ParkeeUniqueid", "1000000000.1").with("ParkeeChannel", "Nobody/1");
        let edit = garden.edit().replace(outcome, &new);
        garden.expect("outcome given to another channel", edit, hangup).related([parked]);
        let copy = parked.copy();
        let edit = garden.edit().behind(outcome, &copy);
        let case = garden.expect("ParkedCall told again behind the outcome", edit, hangup).related([&copy]);
        case.also(LATE).also(&["parking/parked-before-enter"]);
        let edit = garden.edit().drop(outcome).until(&messages[outcome_at + 1]);
        let case = garden.expect("no outcome in a complete trace", edit, parked);
        case.complete = true;
        case.also(super::dial::COMPLETE).also(LATE).also(&["transfer/parties-known"]);
        case.also.extend_from_slice(crate::naive::JUDGED);
    }
}

fn optimization_paired(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("LocalOptimizationBegin") {
        let begin = &messages[at];
        let (one, id) = (begin.get("LocalOneUniqueid"), begin.get("Id"));
        let Some(end_at) = garden.trace.next(at, |other| other.is("LocalOptimizationEnd") && other.get("Id") == id)
        else {
            continue;
        };
        let end = &messages[end_at];
        let copy = end.copy();
        let edit = garden.edit().behind(end, &copy);
        garden.expect("End told twice", edit, &copy).related([end]).also(LATE);
        let copy = begin.copy();
        let edit = garden.edit().behind(begin, &copy);
        garden.expect("Begin told twice", edit, &copy).related([begin]).also(LATE);
        if let Some(birth) = garden.trace.birth(one) {
            let newchannel = &messages[birth];
            let edit = garden.edit().drop(begin);
            garden.expect("Begin dropped", edit, end).related([newchannel]);
            let edit = garden.edit().drop(begin).behind(end, begin);
            garden.expect("Begin moved behind the End", edit, end).related([newchannel]).also(LATE);
            let edit = garden.edit().drop(end).before(begin, end);
            garden.expect("End moved before the Begin", edit, end).related([newchannel]).also(LATE);
            let new = end.with("Id", "99");
            let case = garden.alter("End with another Id", end, &new).related([newchannel]);
            case.also(&["local/optimization-paired"]);
        }
        let Some(hangup) = silence(garden, one).map(|death| &messages[death]) else { continue };
        let edit = garden.edit().drop(end);
        garden.expect("End dropped", edit, hangup).related([begin]);
        let new = begin.with("Id", "99");
        let edit = garden.edit().replace(begin, &new);
        garden.expect("Begin with another Id", edit, hangup).related([&new]).also(&["local/optimization-paired"]);
        let copy = begin.copy();
        let edit = garden.edit().behind(end, &copy);
        garden.expect("Begin told again behind the End", edit, hangup).related([&copy]).also(APPLICATIONS).also(LATE);
        let edit = garden.edit().drop(end).until(&messages[end_at + 1]);
        let case = garden.expect("no End in a complete trace", edit, begin);
        case.complete = true;
        case.also(super::dial::COMPLETE).also(LATE);
        case.also.extend_from_slice(crate::naive::JUDGED);
    }
}
