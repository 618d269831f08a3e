//! What a user gets to read: classes and event filters, as the server's configuration has them.

use std::sync::Arc;

use ami_types::schema::{self, Class};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::literal::Extractor;

use crate::model::Event;

/// The classes that a user may read and the filters on its events. Empty: everything is read.
#[derive(Clone, Debug, Default)]
pub struct Subscription {
    classes: Option<Arc<[Class]>>,
    allow: Vec<Filter>,
    deny: Vec<Filter>,
}

/// A filter: what it finds in the text of an event.
#[derive(Clone, Debug)]
struct Filter {
    regex: Regex,
    /// How each of its matches begins, and whether every text with one of these is a match; `None` where that is not known.
    begins: Option<(Vec<Vec<u8>>, bool)>,
}

impl Filter {
    /// # Errors
    ///
    /// What is wrong with the expression.
    fn new(pattern: &str) -> Result<Self, String> {
        if ["action(", "name(", "header(", "method("].iter().any(|begin| pattern.starts_with(begin)) {
            return Err(format!("'{pattern}' is a filter of the newer form; a regular expression is expected"));
        }
        // As in manager.conf, a text of several lines is one text: a dot stands for ends of lines, too.
        let regex = RegexBuilder::new(pattern).dot_matches_new_line(true).build();
        let regex = regex.map_err(|error| format!("'{pattern}' is no regular expression: {error}"))?;
        // The text of an event begins with its name: an anchor before that changes nothing.
        let free = pattern.strip_prefix('^').filter(|free| free.starts_with("Event: ")).unwrap_or(pattern);
        let mut parser = regex_syntax::ParserBuilder::new();
        let parsed = parser.utf8(false).dot_matches_new_line(true).build().parse(free).ok();
        let begins = parsed.and_then(|parsed| {
            let found = Extractor::new().extract(&parsed);
            let is_all = found.is_exact() && parsed.properties().look_set().is_empty();
            let literals = found.literals()?.iter().map(|literal| literal.as_bytes().to_vec());
            Some((literals.collect(), is_all))
        });
        Ok(Self { regex, begins })
    }

    fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// Whether it can match an event with this name.
    fn can_match(&self, event: Event) -> bool {
        let Some((begins, _)) = &self.begins else { return true };
        // Before release 12, a Dial says which of two it is under SubEvent.
        let others: &[&str] = if event == Event::Dial { &["Begin", "End"] } else { &[] };
        begins.iter().any(|begin| {
            let Some(begin) = begin.strip_prefix(b"Event: ") else { return true };
            let is = |name: &str| match memchr::memchr(b'\r', begin) {
                Some(end) => begin.get(..end) == Some(name.as_bytes()),
                None => name.as_bytes().starts_with(begin),
            };
            is(event.name()) || others.iter().any(|other| is(other))
        })
    }

    /// Whether it matches every event with this name.
    fn matches_all(&self, event: Event) -> bool {
        let line = format!("Event: {}\r\n", event.name());
        let stands_there = |begin: &Vec<u8>| memchr::memmem::find(line.as_bytes(), begin).is_some();
        self.begins.as_ref().is_some_and(|(begins, is_all)| *is_all && begins.iter().any(stands_there))
    }
}

impl Subscription {
    /// Sets the classes: `call,system`, or `all`.
    ///
    /// # Errors
    ///
    /// A sentence that names what is no class.
    pub fn read(&mut self, classes: &str) -> Result<(), String> {
        let mut named = Vec::new();
        for word in classes.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match Class::from_bytes(word.as_bytes()) {
                Some(class) => named.push(class),
                None if word.eq_ignore_ascii_case("all") => named.extend(Class::ALL),
                None if word.eq_ignore_ascii_case("none") => {}
                None => {
                    let known: Vec<_> = Class::ALL.iter().map(|class| class.as_str()).collect();
                    return Err(format!(
                        "'{word}' is no class of events; known are {}, all and none",
                        known.join(", ")
                    ));
                }
            }
        }
        self.classes = Some(named.into());
        Ok(())
    }

    /// Adds a filter as in `manager.conf`: a regular expression over the text of the event, with `!` before it to keep
    /// out what it matches.
    ///
    /// # Errors
    ///
    /// What is wrong with the expression.
    pub fn filter(&mut self, rule: &str) -> Result<(), String> {
        let (list, pattern) = match rule.strip_prefix('!') {
            Some(pattern) => (&mut self.deny, pattern),
            None => (&mut self.allow, rule),
        };
        list.push(Filter::new(pattern)?);
        Ok(())
    }

    /// Whether nothing is excluded.
    pub fn is_empty(&self) -> bool {
        self.classes.is_none() && self.allow.is_empty() && self.deny.is_empty()
    }

    /// Whether the filters can have kept out an event with this name, or the user does not read its class.
    pub(crate) fn can_keep_out(&self, event: Event) -> bool {
        let is_read = |classes: &Arc<[Class]>| {
            let def = schema::event(event.name().as_bytes());
            def.is_some_and(|def| def.classes.iter().all(|class| classes.contains(class)))
        };
        !self.classes.as_ref().is_none_or(is_read)
            || self.deny.iter().any(|filter| filter.can_match(event))
            || (!self.allow.is_empty() && !self.allow.iter().any(|filter| filter.matches_all(event)))
    }

    /// Why an event should not have come, if so. The server asks for all of an event's classes. With filters that
    /// allow, an event needs one of them; then none that denies may match.
    pub(crate) fn excludes(&self, name: &[u8], privilege: &[u8], text: &[u8]) -> Option<String> {
        if let Some(classes) = &self.classes {
            let words = privilege.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            let outside = |word: &&[u8]| Class::from_bytes(word).is_some_and(|class| !classes.contains(&class));
            if let Some(word) = words.into_iter().find(outside) {
                return Some(format!("the user does not read the class '{}'", String::from_utf8_lossy(word)));
            }
        }
        if name.eq_ignore_ascii_case(b"FullyBooted") {
            return None;
        }
        if !self.allow.is_empty() && !self.allow.iter().any(|filter| filter.is_match(text)) {
            return Some("no event filter allows it".to_owned());
        }
        let denied = self.deny.iter().find(|filter| filter.is_match(text))?;
        Some(format!("the event filter '!{}' keeps it out", denied.regex))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(subscription: &Subscription, event: &str, class: &str) -> bool {
        let text = format!("Event: {event}\r\nPrivilege: {class}\r\n\r\n");
        subscription.excludes(event.as_bytes(), class.as_bytes(), text.as_bytes()).is_some()
    }

    #[test]
    fn classes_and_filters() {
        let mut subscription = Subscription::default();
        assert!(subscription.is_empty() && subscription.read("call,nonsense").is_err());
        subscription.read("call, system").unwrap();
        assert!(!excluded(&subscription, "Newstate", "call,all"));
        assert!(excluded(&subscription, "AgentLogin", "agent,all"));
        assert!(excluded(&subscription, "Odd", "call,agent,all"));
        subscription.filter("Event: New").unwrap();
        assert!(excluded(&subscription, "Hangup", "call,all"));
        subscription.filter("!Newexten").unwrap();
        assert!(excluded(&subscription, "Newexten", "call,all"));
        assert!(!excluded(&subscription, "Newstate", "call,all"));
        assert!(!excluded(&subscription, "FullyBooted", "system,all"));
        assert!(subscription.filter("(").is_err());
    }

    #[test]
    fn filters_look_at_the_whole_text() {
        let mut subscription = Subscription::default();
        subscription.filter("Event: Hangup.*Channel: PJSIP").unwrap();
        let text = |channel: &str| format!("Event: Hangup\r\nPrivilege: call,all\r\nChannel: {channel}/1-1\r\n\r\n");
        assert!(subscription.excludes(b"Hangup", b"call,all", text("PJSIP").as_bytes()).is_none());
        assert!(subscription.excludes(b"Hangup", b"call,all", text("Local").as_bytes()).is_some());
        assert!(subscription.filter("action(exclude),name(VarSet)").unwrap_err().contains("newer form"));
    }

    #[test]
    fn classes_that_are_not_read_keep_out_their_events() {
        let mut subscription = Subscription::default();
        subscription.read("call,system").unwrap();
        let out = [Event::Newchannel, Event::Hangup, Event::DialBegin, Event::Newexten, Event::AgentCalled];
        let out: Vec<_> = out.into_iter().filter(|event| subscription.can_keep_out(*event)).collect();
        assert_eq!(out, [Event::Newexten, Event::AgentCalled]);
        subscription.read("all").unwrap();
        assert!(!subscription.can_keep_out(Event::Newexten));
    }

    #[test]
    fn what_filters_can_keep_out() {
        let all = [Event::Newexten, Event::Newchannel, Event::Newstate, Event::VarSet, Event::Dial, Event::DialBegin];
        let kept_out = |filters: &[&str]| {
            let mut subscription = Subscription::default();
            for filter in filters {
                subscription.filter(filter).unwrap();
            }
            let out = all.into_iter().filter(|event| subscription.can_keep_out(*event));
            out.map(Event::name).collect::<Vec<_>>().join(" ")
        };
        let everything = kept_out(&["!Channel: SIP"]);
        assert_eq!(everything, "Newexten Newchannel Newstate VarSet Dial DialBegin");
        for (filters, expected) in [
            (&[][..], ""),
            (&["!Event: RTCP"], ""),
            (&["!Event: Newexten"], "Newexten"),
            (&["!^Event: (Newexten|VarSet)"], "Newexten VarSet"),
            (&["!Event: New"], "Newexten Newchannel Newstate"),
            (&["!Event: New\r\n"], ""),
            (&["!Event: Newexten\r\n.*Context: in"], "Newexten"),
            (&["!Event: Dial"], "Dial DialBegin"),
            (&["!Event: Dial\r"], "Dial"),
            (&["!Event: Begin"], "Dial"),
            (&["!Event: [NV]"], "Newexten Newchannel Newstate VarSet"),
            // Here the last letter may be missing.
            (&["!Event: VarSets*"], "VarSet"),
            (&["!Event: VarSets?"], "VarSet"),
            (&["!Event:.*Newexten"], &everything),
            (&["!(?i)event: newexten"], &everything),
            (&["!"], &everything),
            // All but what is allowed.
            (&["Event: New"], "VarSet Dial DialBegin"),
            (&["Event: Dial", "^Event: VarSet\r\n"], "Newexten Newchannel Newstate"),
            (&["Event: Dial", "!Event: DialBegin"], "Newexten Newchannel Newstate VarSet DialBegin"),
            (&["Event: Dial$"], &everything),
            (&["Event: (Dial|VarSet)\r\nPrivilege: call"], &everything),
            (&["Event: "], ""),
            (&["Event: .*e"], &everything),
            // An anchor elsewhere matches no event.
            (&["^Dial"], &everything),
            (&["!^Dial"], &everything),
            (&["^(Event: Dial)"], &everything),
        ] {
            assert_eq!(kept_out(filters), expected, "{filters:?}");
        }
    }
}
