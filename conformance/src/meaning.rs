//! What the key of a header means to the checker, whatever the message.
//!
//! A key is taken apart here and nowhere else. [`Vocabulary`](crate::vocabulary::Vocabulary) remembers the answer for the
//! keys of each event, so that one look at a header serves all that is read off a message.

use crate::model::Event;

/// What a header is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing that is read off every message.
    Other,
    /// `Event`, `Action`, `Response`: what decides the kind.
    Kind,
    ActionId,
    Privilege,
    Timestamp,
    EventList,
    ListItems,
    /// `Message`.
    Text,
    Challenge,
    /// The `Uniqueid` of a channel in a role.
    Uniqueid(Prefix),
    /// The one `BridgeUniqueid`.
    Bridge,
    /// The name of a channel in a role.
    Channel(Prefix),
    /// A `ChannelState`.
    State(Prefix),
    /// A `ChannelStateDesc`.
    StateDescription(Prefix),
    /// A `ChanVariable`.
    Variable,
    /// The number or name of a caller or of a connected line.
    Party,
    /// What the model keeps of an event besides: the `Application` of a `Newexten`, the `Cause` of a `Hangup`, the `DialStatus`
    /// of a `DialEnd`, the `LocalOptimization` of a `LocalBridge`.
    Detail,
}

/// The role of a channel: what stands before the common part of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// So many bytes at the start of the key.
    Start(u8),
    /// The last byte of the key: `Uniqueid1`, up to release 11.
    Digit,
    /// One that later releases say in other words, by its place among them.
    Now(u8),
}

/// The roles that older releases say in other words.
const NOW: [&str; 4] = ["Src", "Dest", "LocalOne", "LocalTwo"];
const SOURCE: Prefix = Prefix::Now(0);
const DESTINATION: Prefix = Prefix::Now(1);
const LOCAL_ONE: Prefix = Prefix::Now(2);
const LOCAL_TWO: Prefix = Prefix::Now(3);

impl Prefix {
    /// The role in a `key` of which this is the prefix.
    pub(crate) fn of(self, key: &[u8]) -> &[u8] {
        match self {
            Self::Start(length) => key.get(..usize::from(length)).unwrap_or_default(),
            Self::Digit => key.get(key.len().saturating_sub(1)..).unwrap_or_default(),
            Self::Now(place) => NOW.get(usize::from(place)).copied().unwrap_or_default().as_bytes(),
        }
    }
}

/// What stands in a key before this end, which is compared without regard to case.
pub(crate) fn strip_end<'k>(key: &'k [u8], end: &str) -> Option<&'k [u8]> {
    let (start, rest) = key.split_at_checked(key.len().checked_sub(end.len())?)?;
    rest.eq_ignore_ascii_case(end.as_bytes()).then_some(start)
}

/// The role that stands before the common part of a key.
fn before(key: &[u8], common: &str) -> Option<Prefix> {
    // No role has so long a name that this would lose one.
    u8::try_from(strip_end(key, common)?.len()).ok().map(Prefix::Start)
}

/// The keys that tell the parties of a channel; a role can stand before them.
const PARTIES: [&str; 4] = ["CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName"];

impl Meaning {
    /// The role of the channel that a header tells something of.
    pub(crate) const fn role(self) -> Option<Prefix> {
        match self {
            Self::Uniqueid(role) | Self::Channel(role) | Self::State(role) | Self::StateDescription(role) => Some(role),
            _ => None,
        }
    }

    /// What a key without blanks around it means in an event; in what is no event, [`Event::Other`].
    pub(crate) fn of(key: &[u8], event: Event) -> Self {
        Self::in_talk(key).unwrap_or_else(|| Self::in_event(key, event))
    }

    /// The headers that tie messages together: they are known by their whole names.
    fn in_talk(key: &[u8]) -> Option<Self> {
        let (name, meaning) = match (key.len(), key.first()?.to_ascii_lowercase()) {
            (5, b'e') => ("Event", Self::Kind),
            (6, b'a') => ("Action", Self::Kind),
            (8, b'r') => ("Response", Self::Kind),
            (8, b'a') => ("ActionID", Self::ActionId),
            (9, b'p') => ("Privilege", Self::Privilege),
            (9, b't') => ("Timestamp", Self::Timestamp),
            (9, b'e') => ("EventList", Self::EventList),
            (9, b'l') => ("ListItems", Self::ListItems),
            (7, b'm') => ("Message", Self::Text),
            (9, b'c') => ("Challenge", Self::Challenge),
            _ => return None,
        };
        key.eq_ignore_ascii_case(name.as_bytes()).then_some(meaning)
    }

    /// The headers that tell of channels and bridges: they are known by how they end.
    fn in_event(key: &[u8], event: Event) -> Self {
        let is = |name: &str| key.eq_ignore_ascii_case(name.as_bytes());
        // The last byte rules out nearly every key that is of no interest.
        match key.last().map(u8::to_ascii_lowercase) {
            Some(b'd') => match before(key, "Uniqueid") {
                Some(Prefix::Start(length)) => match before(Prefix::Start(length).of(key), "Bridge") {
                    None => Self::Uniqueid(Prefix::Start(length)),
                    Some(Prefix::Start(0)) => Self::Bridge,
                    // Bridges in roles are looked up by those that need them.
                    Some(_) => Self::Other,
                },
                _ => Self::Other,
            },
            Some(b'l') => before(key, "Channel").map_or(Self::Other, Self::Channel),
            Some(b'c') => before(key, "ChannelStateDesc").map_or(Self::Other, Self::StateDescription),
            // The ends of a dial up to release 11: names without a role before `Channel`.
            Some(b'e') if event == Event::Dial && is("Source") => Self::Channel(SOURCE),
            Some(b'n') if event == Event::Dial && is("Destination") => Self::Channel(DESTINATION),
            Some(b'n') if event == Event::Newexten && is("Application") => Self::Detail,
            Some(b'e') if event == Event::Hangup && is("Cause") => Self::Detail,
            Some(b's') if event == Event::DialEnd && is("DialStatus") => Self::Detail,
            Some(b'n') if event == Event::LocalBridge && is("LocalOptimization") => Self::Detail,
            Some(b'e') => match before(key, "ChannelState") {
                Some(prefix) => Self::State(prefix),
                None if before(key, "ChanVariable").is_some() => Self::Variable,
                None => Self::party(key),
            },
            Some(b'm') => Self::party(key),
            // Two channels that are linked, up to release 11.
            Some(b'1' | b'2') if matches!(event, Event::Link | Event::Unlink | Event::Bridge) => {
                Self::numbered(key, Prefix::Digit)
            }
            // The names of the draft of the specification for the halves of a Local channel.
            Some(b'1') if event == Event::LocalBridge => Self::numbered(key, LOCAL_ONE),
            Some(b'2') if event == Event::LocalBridge => Self::numbered(key, LOCAL_TWO),
            _ => Self::Other,
        }
    }

    fn party(key: &[u8]) -> Self {
        if PARTIES.iter().any(|party| before(key, party).is_some()) { Self::Party } else { Self::Other }
    }

    fn numbered(key: &[u8], prefix: Prefix) -> Self {
        let what = key.get(..key.len().saturating_sub(1)).unwrap_or_default();
        if what.eq_ignore_ascii_case(b"Uniqueid") {
            Self::Uniqueid(prefix)
        } else if what.eq_ignore_ascii_case(b"Channel") {
            Self::Channel(prefix)
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_stand_before_the_common_part() {
        let of = |key: &str, event| Meaning::of(key.as_bytes(), event);
        assert_eq!(of("Uniqueid", Event::Hangup), Meaning::Uniqueid(Prefix::Start(0)));
        assert_eq!(of("destuniqueid", Event::DialEnd), Meaning::Uniqueid(Prefix::Start(4)));
        assert_eq!(of("BridgeUniqueid", Event::BridgeEnter), Meaning::Bridge);
        assert_eq!(of("ToBridgeUniqueid", Event::BridgeMerge), Meaning::Other);
        assert_eq!(of("DestChannelStateDesc", Event::DialEnd), Meaning::StateDescription(Prefix::Start(4)));
        assert_eq!(of("DestConnectedLineName", Event::DialEnd), Meaning::Party);
        assert_eq!(of("Source", Event::Dial), Meaning::Channel(SOURCE));
        assert_eq!(of("Source", Event::DialBegin), Meaning::Other);
        assert_eq!(of("Channel2", Event::Link), Meaning::Channel(Prefix::Digit));
        assert_eq!(of("Channel2", Event::Hangup), Meaning::Other);
        assert_eq!(Prefix::Digit.of(b"Channel2"), b"2");
        let now = [SOURCE, DESTINATION, LOCAL_ONE, LOCAL_TWO].map(|prefix| prefix.of(b"Channel2").to_vec());
        assert_eq!(now, [&b"Src"[..], b"Dest", b"LocalOne", b"LocalTwo"]);
        assert_eq!(of("", Event::Other), Meaning::Other);
    }

    #[test]
    fn whole_names_come_first() {
        for (key, meaning) in [("actionid", Meaning::ActionId), ("Response", Meaning::Kind), ("MESSAGE", Meaning::Text)]
        {
            assert_eq!(Meaning::of(key.as_bytes(), Event::Other), meaning);
        }
        assert_eq!(Meaning::of(b"ActionIX", Event::Other), Meaning::Other);
    }
}
