//! What a user gets to read: classes and event filters, as the server's configuration has them.

use std::sync::Arc;

use ami_types::schema::Class;
use regex::bytes::Regex;

/// The classes that a user may read and the filters on its events. Empty: everything is read.
#[derive(Clone, Debug, Default)]
pub struct Subscription {
    classes: Option<Arc<[Class]>>,
    allow: Vec<Regex>,
    deny: Vec<Regex>,
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
        list.push(Regex::new(pattern).map_err(|error| format!("'{pattern}' is no regular expression: {error}"))?);
        Ok(())
    }

    /// Whether nothing is excluded.
    pub fn is_empty(&self) -> bool {
        self.classes.is_none() && self.allow.is_empty() && self.deny.is_empty()
    }

    /// Whether single events can have been kept out, of any kind and at any time.
    pub(crate) fn has_filters(&self) -> bool {
        !(self.allow.is_empty() && self.deny.is_empty())
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
        Some(format!("the event filter '!{denied}' keeps it out"))
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
}
