//! What one message says, read off its headers in one pass.

use ami_wire::Message;
use smallvec::SmallVec;

use crate::model::{Event, Order};

/// A channel that a message names, in one of its roles.
#[derive(Clone, Copy, Debug)]
pub struct Role<'a> {
    /// What stands before `Uniqueid` in the key: empty, `Dest`, `LocalOne`, …
    pub prefix: &'a [u8],
    /// The channel's `Uniqueid`.
    pub uniqueid: &'a [u8],
    /// Its name, where the message gives it.
    pub name: Option<&'a [u8]>,
    /// Its `ChannelState`, where the message gives it.
    pub state: Option<&'a [u8]>,
    /// Its `ChannelStateDesc`, where the message gives it.
    pub state_description: Option<&'a [u8]>,
}

impl Role<'_> {
    /// Whether this is the role with that prefix.
    pub fn is(&self, prefix: &str) -> bool {
        self.prefix.eq_ignore_ascii_case(prefix.as_bytes())
    }
}

/// What one event says.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Which event it is.
    pub event: Event,
    /// Its name on the wire.
    pub name: &'a [u8],
    /// The message itself.
    pub message: Message<'a>,
    /// The channels that it names.
    pub roles: SmallVec<[Role<'a>; 4]>,
    /// The value of `BridgeUniqueid`.
    pub bridge: Option<&'a [u8]>,
    /// The first caller or connected number or name that is empty, by its key.
    pub empty_party: Option<&'a [u8]>,
    /// The key of a channel variable, and whether all of them have the form `name=value`.
    pub channel_variable: Option<(&'a [u8], bool)>,
    /// Whether it carries `Privilege`: then it was not asked for. Item events of a list carry none.
    pub unsolicited: bool,
}

/// Values that stand for "no channel".
pub(crate) fn is_placeholder(id: &[u8]) -> bool {
    matches!(id, b"" | b"<unknown>" | b"<none>" | b"<null>" | b"none" | b"(null)")
}

fn strip_suffix_ignore_case<'a>(key: &'a [u8], suffix: &[u8]) -> Option<&'a [u8]> {
    let (prefix, rest) = key.split_at_checked(key.len().checked_sub(suffix.len())?)?;
    rest.eq_ignore_ascii_case(suffix).then_some(prefix)
}

fn ends_with(key: &[u8], suffix: &[u8]) -> bool {
    strip_suffix_ignore_case(key, suffix).is_some()
}

/// The keys that tell the parties of a channel; a role can stand before them.
const PARTIES: [&[u8]; 4] = [b"CallerIDNum", b"CallerIDName", b"ConnectedLineNum", b"ConnectedLineName"];

impl<'a> Facts<'a> {
    /// Nothing about channels, for a message that is no event.
    pub(crate) fn none(message: Message<'a>) -> Self {
        Self {
            event: Event::Other,
            name: &[],
            message,
            roles: SmallVec::new(),
            bridge: None,
            empty_party: None,
            channel_variable: None,
            unsolicited: false,
        }
    }

    /// Reads an event. `name` is the value of its `Event` header.
    pub fn read(message: Message<'a>, name: &'a [u8]) -> Self {
        let event = Event::from_name(name);
        let mut facts = Self { event, name, ..Self::none(message) };
        let mut names: SmallVec<[(&[u8], &[u8]); 4]> = SmallVec::new();
        let mut states: SmallVec<[(&[u8], &[u8]); 4]> = SmallVec::new();
        let mut described: SmallVec<[(&[u8], &[u8]); 4]> = SmallVec::new();
        for header in message.headers() {
            let key = header.trimmed_key();
            // The last byte rules out nearly every key that is of no interest.
            match key.last() {
                Some(b'd' | b'D') => {
                    if let Some(prefix) = strip_suffix_ignore_case(key, b"Uniqueid") {
                        facts.identify(prefix, header.value, [&names, &states, &described]);
                    }
                }
                Some(b'l' | b'L') => {
                    if let Some(prefix) = strip_suffix_ignore_case(key, b"Channel") {
                        names.push((prefix, header.value));
                    }
                }
                Some(b'e' | b'E') if event == Event::Dial && key.eq_ignore_ascii_case(b"Source") => {
                    names.push((b"Src", header.value));
                }
                Some(b'e' | b'E') => {
                    if let Some(prefix) = strip_suffix_ignore_case(key, b"ChannelState") {
                        states.push((prefix, header.value));
                    } else if key.eq_ignore_ascii_case(b"Privilege") {
                        facts.unsolicited = true;
                    } else if strip_suffix_ignore_case(key, b"ChanVariable").is_some() {
                        let well_formed = header.value.contains(&b'=');
                        if facts.channel_variable.is_none_or(|(_, so_far)| so_far) {
                            facts.channel_variable = Some((key, well_formed));
                        }
                    } else if header.value.is_empty() && PARTIES.iter().any(|party| ends_with(key, party)) {
                        facts.empty_party.get_or_insert(key);
                    }
                }
                Some(b'm' | b'M') if header.value.is_empty() && PARTIES.iter().any(|party| ends_with(key, party)) => {
                    facts.empty_party.get_or_insert(key);
                }
                Some(b'c' | b'C') => {
                    if let Some(prefix) = strip_suffix_ignore_case(key, b"ChannelStateDesc") {
                        described.push((prefix, header.value));
                    }
                }
                // The ends of a dial up to release 11: names without a role before `Channel`.
                Some(b'n' | b'N') if event == Event::Dial && key.eq_ignore_ascii_case(b"Destination") => {
                    names.push((b"Dest", header.value));
                }
                // Two channels that are linked, up to release 11.
                Some(b'1' | b'2') if matches!(event, Event::Link | Event::Unlink | Event::Bridge) => {
                    let (what, number) = key.split_at(key.len() - 1);
                    if what.eq_ignore_ascii_case(b"Uniqueid") {
                        facts.identify(number, header.value, [&names, &states, &described]);
                    } else if what.eq_ignore_ascii_case(b"Channel") {
                        names.push((number, header.value));
                    }
                }
                // The names of the draft of the specification for the halves of a Local channel.
                Some(half @ (b'1' | b'2')) if event == Event::LocalBridge => {
                    let prefix: &[u8] = if *half == b'1' { b"LocalOne" } else { b"LocalTwo" };
                    let what = key.get(..key.len() - 1).unwrap_or_default();
                    if what.eq_ignore_ascii_case(b"Uniqueid") {
                        facts.identify(prefix, header.value, [&names, &states, &described]);
                    } else if what.eq_ignore_ascii_case(b"Channel") {
                        names.push((prefix, header.value));
                    }
                }
                _ => {}
            }
        }
        facts
    }

    /// Takes a channel or bridge in; `known` are the names, states and descriptions of states that came before it.
    fn identify(&mut self, prefix: &'a [u8], id: &'a [u8], known: [&[(&[u8], &'a [u8])]; 3]) {
        if strip_suffix_ignore_case(prefix, b"Bridge").is_some() {
            if prefix.len() == b"Bridge".len() {
                self.bridge = Some(id);
            }
        } else if !is_placeholder(id) {
            let of = |values: &[(&[u8], &'a [u8])]| {
                values.iter().rev().find(|(of, _)| of.eq_ignore_ascii_case(prefix)).map(|(_, value)| *value)
            };
            let [name, state, state_description] = known.map(of);
            self.roles.push(Role { prefix, uniqueid: id, name, state, state_description });
        }
    }

    /// The role with this prefix.
    pub fn role(&self, prefix: &str) -> Option<&Role<'a>> {
        self.roles.iter().find(|role| role.is(prefix))
    }

    /// Whether the rules about channels, dials and bridges look at it: not at what other subsystems publish, nor at
    /// item events of a list, which describe a state.
    pub fn is_judged(&self) -> bool {
        self.unsolicited && self.event.order() != Order::Elsewhere && !self.name.eq_ignore_ascii_case(b"Status")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_by_prefix() {
        let bytes = b"Event: DialBegin\r\nPrivilege: call,all\r\nChannel: A/1\r\nChannelState: 6\r\nUniqueid: 1.1\r\n\
            DestChannel: B/2\r\nDestChannelState: 5\r\nDestUniqueid: 1.2\r\nBridgeUniqueid: b\r\nLinkedid: 1.1\r\n\r\n";
        let message = ami_wire::messages(bytes).next().unwrap().unwrap();
        let facts = Facts::read(message, message.name().unwrap());
        assert!(facts.unsolicited && facts.is_judged());
        assert_eq!(facts.bridge, Some(&b"b"[..]));
        assert_eq!(facts.roles.len(), 2);
        let dest = facts.role("dest").unwrap();
        assert_eq!((dest.uniqueid, dest.name, dest.state), (&b"1.2"[..], Some(&b"B/2"[..]), Some(&b"5"[..])));
    }

    #[test]
    fn placeholders_are_no_channels() {
        let bytes = b"Event: OriginateResponse\r\nPrivilege: call,all\r\nUniqueid: <unknown>\r\n\r\n";
        let message = ami_wire::messages(bytes).next().unwrap().unwrap();
        assert!(Facts::read(message, message.name().unwrap()).roles.is_empty());
    }
}
