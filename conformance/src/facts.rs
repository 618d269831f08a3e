//! What one message says, read off its headers in one pass.

use ami_wire::Message;
use smallvec::SmallVec;

use crate::meaning::Meaning;
use crate::model::{Event, Order};

/// A channel that a message names, in one of its roles.
#[derive(Clone, Copy, Debug, Default)]
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
    /// Whether it is told whole: by the channel's `Uniqueid` and its name.
    pub fn is_named(&self) -> bool {
        !self.uniqueid.is_empty() && self.name.is_some_and(|name| !name.is_empty())
    }

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
    pub roles: SmallVec<[Role<'a>; 2]>,
    /// The value of `BridgeUniqueid`.
    pub bridge: Option<&'a [u8]>,
    /// The first caller or connected number or name that is empty, by its key.
    pub empty_party: Option<&'a [u8]>,
    /// The key of a channel variable, and whether all of them have the form `name=value`.
    pub channel_variable: Option<(&'a [u8], bool)>,
    /// What the model keeps of it besides: the `Application` of a `Newexten`, the `Cause` of a `Hangup`, the `DialStatus` of
    /// a `DialEnd`, the `LocalOptimization` of a `LocalBridge`.
    pub detail: Option<&'a [u8]>,
    /// Whether it carries `Privilege`: then it was not asked for. Item events of a list carry none.
    pub unsolicited: bool,
}

/// Values that stand for "no channel".
pub(crate) fn is_placeholder(id: &[u8]) -> bool {
    matches!(id, b"" | b"<unknown>" | b"<none>" | b"<null>" | b"none" | b"(null)")
}

/// What the headers so far said of the channels that a message names, by the number of the role.
#[derive(Debug, Default)]
pub(crate) struct Introduced<'a>(SmallVec<[Role<'a>; 2]>);

impl<'a> Introduced<'a> {
    /// The number of a role by its name, from `first` on, for those that nobody has numbered; 0 for keys that tell of
    /// none.
    fn number_of(&mut self, meaning: Meaning, key: &'a [u8], first: usize) -> usize {
        let Some(prefix) = meaning.role().map(|role| role.of(key)) else { return 0 };
        let mut named = self.0.iter().enumerate().skip(first);
        if let Some((number, _)) = named.find(|(_, role)| role.prefix.eq_ignore_ascii_case(prefix)) {
            return number;
        }
        let number = self.0.len().max(first);
        self.note(number, |role| role.prefix = prefix);
        number
    }

    #[inline]
    fn note(&mut self, number: usize, note: impl FnOnce(&mut Role<'a>)) {
        while self.0.len() <= number {
            self.0.push(Role::default());
        }
        if let Some(role) = self.0.get_mut(number) {
            note(role);
        }
    }
}

impl<'a> Facts<'a> {
    /// What is known of a message before its headers are read.
    #[inline]
    pub(crate) fn begin(message: Message<'a>, event: Event, name: &'a [u8]) -> Self {
        Self {
            event,
            name,
            message,
            roles: SmallVec::new(),
            bridge: None,
            empty_party: None,
            channel_variable: None,
            detail: None,
            unsolicited: false,
        }
    }

    /// Reads an event. `name` is the value of its `Event` header.
    pub fn read(message: Message<'a>, name: &'a [u8]) -> Self {
        let mut facts = Self::begin(message, Event::from_name(name), name);
        let mut introduced = Introduced::default();
        for header in message.headers() {
            let key = header.trimmed_key();
            facts.take_unnumbered(Meaning::of(key, facts.event), key, header.value, &mut introduced, 0);
        }
        facts
    }

    /// Takes a header in whose role nobody has numbered; the numbers from `first` on are free.
    pub(crate) fn take_unnumbered(
        &mut self,
        meaning: Meaning,
        key: &'a [u8],
        value: &'a [u8],
        introduced: &mut Introduced<'a>,
        first: usize,
    ) {
        let number = introduced.number_of(meaning, key, first);
        self.take(meaning, number, key, value, introduced);
    }

    /// Takes a header in. `number` is that of its role, which is the same for all keys of a role, and for no other's;
    /// `introduced` is what the headers before it said of channels. Those of no meaning can be left out.
    #[inline]
    pub(crate) fn take(
        &mut self,
        meaning: Meaning,
        number: usize,
        key: &'a [u8],
        value: &'a [u8],
        introduced: &mut Introduced<'a>,
    ) {
        match meaning {
            Meaning::Uniqueid(prefix) if !is_placeholder(value) => {
                // What follows the Uniqueid in a message is not taken for the channel's: it may be that of another role.
                let known = introduced.0.get(number).copied().unwrap_or_default();
                self.roles.push(Role { prefix: prefix.of(key), uniqueid: value, ..known });
            }
            Meaning::Bridge => self.bridge = Some(value),
            Meaning::Channel(_) => introduced.note(number, |role| role.name = Some(value)),
            Meaning::State(_) => introduced.note(number, |role| role.state = Some(value)),
            Meaning::StateDescription(_) => introduced.note(number, |role| role.state_description = Some(value)),
            Meaning::Privilege => self.unsolicited = true,
            Meaning::Variable if self.channel_variable.is_none_or(|(_, so_far)| so_far) => {
                self.channel_variable = Some((key, value.contains(&b'=')));
            }
            Meaning::Detail => {
                self.detail.get_or_insert(value);
            }
            Meaning::Party if value.is_empty() => {
                self.empty_party.get_or_insert(key);
            }
            _ => {}
        }
    }

    /// The role with this prefix.
    pub fn role(&self, prefix: &str) -> Option<&Role<'a>> {
        self.roles.iter().find(|role| role.is(prefix))
    }

    /// Whether the rules about channels, dials and bridges look at it: not at what other subsystems publish, nor at
    /// item events of a list, which describe a state.
    pub fn is_judged(&self) -> bool {
        match self.event.order() {
            // No action is answered with these: without Privilege as well, they tell what happened.
            Order::Channel => true,
            Order::Application => self.unsolicited && !self.name.eq_ignore_ascii_case(b"Status"),
            Order::Elsewhere => false,
        }
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
    fn a_name_behind_the_uniqueid_is_another_s() {
        let bytes = b"Event: X\r\nChannel: A\r\nUniqueid: 1.1\r\nChannel: B\r\nUniqueid: 1.2\r\nChannel: C\r\n\r\n";
        let message = ami_wire::messages(bytes).next().unwrap().unwrap();
        let facts = Facts::read(message, message.name().unwrap());
        let names: Vec<_> = facts.roles.iter().map(|role| (role.uniqueid, role.name.unwrap())).collect();
        assert_eq!(names, [(&b"1.1"[..], &b"A"[..]), (b"1.2", b"B")]);
    }

    #[test]
    fn placeholders_are_no_channels() {
        let bytes = b"Event: OriginateResponse\r\nPrivilege: call,all\r\nUniqueid: <unknown>\r\n\r\n";
        let message = ami_wire::messages(bytes).next().unwrap().unwrap();
        assert!(Facts::read(message, message.name().unwrap()).roles.is_empty());
    }
}
