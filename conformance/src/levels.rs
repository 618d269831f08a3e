//! Rules that somebody made more or less grave than they are by themselves, or switched off.

use crate::finding::Severity;
use crate::rules::{RULES, RuleSet};

/// Rules with a severity of their own here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    off: RuleSet,
    notes: RuleSet,
    warnings: RuleSet,
    errors: RuleSet,
}

impl Levels {
    /// Sets the severity of rules, or switches them off (`None`). `pattern` is the name of a rule, a group (`wire` or
    /// `wire/*`), or `*`. What is set later wins.
    ///
    /// # Errors
    ///
    /// A sentence, where no rule has that name.
    pub fn set(&mut self, pattern: &str, severity: Option<Severity>) -> Result<(), String> {
        let group = pattern.strip_suffix("/*").unwrap_or(pattern);
        let mut found = false;
        for (index, rule) in RULES.iter().enumerate() {
            let in_group = rule.name.split('/').next() == Some(group);
            if pattern == "*" || rule.name == pattern || in_group {
                found = true;
                for set in [&mut self.off, &mut self.notes, &mut self.warnings, &mut self.errors] {
                    set.remove(index);
                }
                let set = match severity {
                    None => &mut self.off,
                    Some(Severity::Note) => &mut self.notes,
                    Some(Severity::Warning) => &mut self.warnings,
                    Some(Severity::Error) => &mut self.errors,
                };
                set.insert(index);
            }
        }
        if found { Ok(()) } else { Err(format!("there is no rule and no group of rules '{pattern}'")) }
    }

    /// The severity of a rule: what was set for it, else what is `usual`.
    pub(crate) fn severity(&self, rule: usize, usual: impl FnOnce() -> Option<Severity>) -> Option<Severity> {
        if self.off.contains(rule) {
            return None;
        }
        let set = [(self.notes, Severity::Note), (self.warnings, Severity::Warning), (self.errors, Severity::Error)];
        set.into_iter().find(|(set, _)| set.contains(rule)).map(|(_, severity)| severity).or_else(usual)
    }
}
