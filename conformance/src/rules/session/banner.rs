use ami_wire::Kind;

use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown;

pub(crate) static RULE: Rule = Rule {
    name: "session/banner",
    severity: Severity::Warning,
    source: "Authorization",
    releases: "1.0..",
    promise: "The first line of a server's stream that starts at its beginning is a well-formed banner.",
    why: "The banner tells the release. Proof is a first line that is neither a banner nor a header, or a \
          banner without a version. A stream without a banner may have been captured from the middle.",
    conforming: "\
Asterisk Call Manager/11.0.0
Response: Success
ActionID: 1
Message: Authentication accepted
",
    violating: "\
Asterisk Call Manager/eleven
Response: Success
ActionID: 1
Message: Authentication accepted
",
    era: Era::Any,
    on: On::Talk { kinds: &[Kind::Banner, Kind::Response, Kind::Event, Kind::Unknown], end: None },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.model.talk.first.is_some() || scene.model.talk.is_midway {
        return;
    }
    let line = match scene.said.kind {
        Kind::Banner if is_well_formed(scene.said.name) => return cx.held(),
        Kind::Banner => scene.said.name,
        // Text with no response behind it can be the answer to an action, seen from the middle of the stream.
        Kind::Unknown | Kind::Event => return cx.unobservable(),
        _ => match scene.said.message.raw_lines().next() {
            Some(line) if scene.said.message.as_bytes().starts_with(line) => line,
            // The stream may have been captured from the middle.
            _ => return cx.unobservable(),
        },
    };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: "banner".to_owned(),
        explanation: format!("the stream begins with '{}', which is no banner", shown(line)),
        related: Vec::new(),
        channel: None,
    });
}

/// `Asterisk Call Manager/` and two or three numbers.
fn is_well_formed(line: &[u8]) -> bool {
    let Some(version) = line.strip_prefix(b"Asterisk Call Manager/") else { return false };
    let numbers = version.trim_ascii_end().split(|byte| *byte == b'.');
    let (count, fine) = numbers.fold((0, true), |(count, fine), number| {
        (count + 1, fine && !number.is_empty() && number.iter().all(u8::is_ascii_digit))
    });
    fine && (2..=3).contains(&count)
}
