use std::sync::Arc;

use super::{Garden, Planter};
use crate::trace::Msg;

pub(super) const PLANTERS: &[Planter] = &[
    Planter { rule: "wire/bare-lf", plant: bare_lf },
    Planter { rule: "wire/bare-cr", plant: bare_cr },
    Planter { rule: "wire/blank-before-message", plant: blank_before_message },
    Planter { rule: "wire/no-space-after-colon", plant: no_space },
    Planter { rule: "wire/no-colon", plant: no_colon },
    Planter { rule: "wire/empty-key", plant: empty_key },
    Planter { rule: "wire/key-not-token", plant: key_not_token },
    Planter { rule: "wire/non-utf8", plant: non_utf8 },
    Planter { rule: "wire/control-byte", plant: control_byte },
    Planter { rule: "wire/kind-missing", plant: kind_missing },
    Planter { rule: "wire/kind-conflict", plant: kind_conflict },
    Planter { rule: "wire/kind-not-first", plant: kind_not_first },
    Planter { rule: "wire/duplicate-kind-key", plant: duplicate_kind_key },
    Planter { rule: "wire/unterminated-output", plant: unterminated_output },
    Planter { rule: "wire/truncated", plant: truncated },
    Planter { rule: "wire/oversize-line", plant: oversize_line },
    Planter { rule: "wire/oversize-message", plant: oversize_message },
    Planter { rule: "wire/too-many-headers", plant: too_many_headers },
    Planter { rule: "wire/banner-malformed", plant: banner_malformed },
];

const FIELDS: &[&str] = &["schema/unknown-field", "schema/missing-field", "schema/bad-value", "channel/unknown-party"];

/// Each of some well-formed snapshots, with some of its bytes replaced.
fn each(garden: &mut Garden<'_>, way: &'static str, also: &'static [&'static str], edit: impl Fn(&Msg) -> Arc<Msg>) {
    let messages = garden.messages();
    for event in ["Newstate", "Newexten", "VarSet"] {
        for at in garden.sites(event) {
            let message = &messages[at];
            let text = std::str::from_utf8(&message.bytes);
            let is_plain = text.is_ok_and(|text| {
                text.matches('\n').count() == text.matches("\r\n").count() && text.starts_with("Event: ")
            });
            if is_plain && !message.bytes.iter().any(|byte| *byte < b' ' && !b"\r\n".contains(byte)) {
                let new = edit(message);
                if message.bytes.split(|byte| *byte == b'\n').all(|line| line.len() < 2 || line.contains(&b':')) {
                    garden.alter(way, message, &new).also(FIELDS).also(also);
                }
            }
        }
    }
}

fn bare_lf(garden: &mut Garden<'_>) {
    each(garden, "a line ended by LF alone", &[], |message| message.replaced("\r\nPrivilege", b"\nPrivilege"));
    each(garden, "the empty line is LF alone", &[], |message| message.replaced("\r\n\r\n", b"\r\n\n"));
}

fn bare_cr(garden: &mut Garden<'_>) {
    each(garden, "CR inside a value", &[], |message| message.replaced("Uniqueid: ", b"Planted: a\rb\r\nUniqueid: "));
}

fn blank_before_message(garden: &mut Garden<'_>) {
    each(garden, "one blank line before it", &[], |message| message.replaced("Event: ", b"\r\nEvent: "));
    each(garden, "three blank lines before it", &[], |message| message.replaced("Event: ", b"\r\n\r\n\r\nEvent: "));
}

fn no_space(garden: &mut Garden<'_>) {
    each(garden, "no blank behind a colon", &[], |message| message.replaced("Channel: ", b"Channel:"));
}

fn no_colon(garden: &mut Garden<'_>) {
    each(garden, "a line without a colon", &[], |message| message.replaced("Uniqueid: ", b"planted\r\nUniqueid: "));
}

fn empty_key(garden: &mut Garden<'_>) {
    each(garden, "a line that begins with its colon", &[], |message| {
        message.replaced("Uniqueid: ", b": planted\r\nUniqueid: ")
    });
}

fn key_not_token(garden: &mut Garden<'_>) {
    each(garden, "a key with a blank", &[], |message| message.replaced("Uniqueid: ", b"A key: 1\r\nUniqueid: "));
    each(garden, "a key with a letter beyond ASCII", &[], |message| {
        message.replaced("Uniqueid: ", b"Stra\xc3\x9fe: 1\r\nUniqueid: ")
    });
}

fn non_utf8(garden: &mut Garden<'_>) {
    each(garden, "a value in Latin-1", &[], |message| {
        message.replaced("Uniqueid: ", b"Planted: M\xfcller\r\nUniqueid: ")
    });
    each(garden, "a letter cut in two", &[], |message| message.replaced("Uniqueid: ", b"Planted: M\xc3\r\nUniqueid: "));
}

fn control_byte(garden: &mut Garden<'_>) {
    each(garden, "a control byte in a value", &[], |message| {
        message.replaced("Uniqueid: ", b"Planted: a\x01b\r\nUniqueid: ")
    });
}

fn kind_missing(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    if let Some(last) = messages.last() {
        let planted = Msg::planted("Planted: 1\nValue: 2");
        let edit = garden.edit().behind(last, &planted);
        garden.expect("message without a kind at the end", edit, &planted);
    }
}

fn kind_conflict(garden: &mut Garden<'_>) {
    each(garden, "an event that carries an Action", &[], |message| {
        message.replaced("Uniqueid: ", b"Action: Ping\r\nUniqueid: ")
    });
}

fn kind_not_first(garden: &mut Garden<'_>) {
    each(garden, "another header before the kind", &[], |message| {
        message.replaced("Event: ", b"Planted: 1\r\nEvent: ")
    });
}

fn duplicate_kind_key(garden: &mut Garden<'_>) {
    each(garden, "Event twice", &[], |message| message.replaced("Uniqueid: ", b"Event: Planted\r\nUniqueid: "));
    each(garden, "Privilege twice", &[], |message| message.replaced("Uniqueid: ", b"Privilege: call\r\nUniqueid: "));
}

fn truncated(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let snapshots = garden.trace.all("Newexten");
    for at in garden.some(snapshots) {
        let message = &messages[at];
        for (way, cut) in [("the stream ends inside a line", 9), ("the stream ends before the empty line", 2)] {
            let bytes = message.bytes[..message.bytes.len() - cut].to_vec();
            let new = Arc::new(Msg::new(bytes, message.origin));
            let edit = garden.edit().replace(message, &new).until(&new);
            // The cut can be right behind a colon.
            garden.expect(way, edit, &new).also(FIELDS).also(&["wire/no-space-after-colon"]);
        }
    }
}

fn unterminated_output(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let ends = |at: &usize| messages[*at].bytes.ends_with(b"\n--END COMMAND--\r\n\r\n");
    for at in garden.some((0..messages.len().saturating_sub(1)).filter(ends).collect()) {
        // The message ends where the next one can be told.
        if !messages[at + 1].bytes.starts_with(b"Event: ") && !messages[at + 1].bytes.starts_with(b"Response: ") {
            continue;
        }
        let message = &messages[at];
        garden.alter("end line dropped", message, &message.replaced("--END COMMAND--\r\n", b""));
        let new = message.replaced("--END COMMAND--", b"--END OF COMMAND--");
        garden.alter("another end line", message, &new);
    }
}

/// Messages that nothing depends on, in a few traces: what goes over a limit is long.
fn expendable(garden: &Garden<'_>) -> Vec<usize> {
    if garden.trace.name.ends_with("/blind") { garden.sites("DeviceStateChange") } else { Vec::new() }
}

fn oversize_line(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in expendable(garden) {
        garden.alter("a line of more than 1 MiB", &messages[at], &messages[at].and("Planted", &"x".repeat(1 << 20)));
    }
}

fn oversize_message(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let lines = format!("Planted: {}\r\n", "x".repeat(1000)).repeat((16 << 20) / 1000);
    for at in expendable(garden).into_iter().take(1) {
        let new = messages[at].replaced("\r\n\r\n", format!("\r\n{lines}\r\n").as_bytes());
        garden.alter("a message of more than 16 MiB", &messages[at], &new);
    }
}

fn too_many_headers(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let lines = "Planted: 1\r\n".repeat(1 << 16);
    for at in expendable(garden) {
        let new = messages[at].replaced("\r\n\r\n", format!("\r\n{lines}\r\n").as_bytes());
        garden.alter("more than 65,536 headers", &messages[at], &new);
    }
}

fn banner_malformed(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let Some(first) = messages.first().filter(|first| first.bytes.starts_with(b"Asterisk Call Manager/")) else {
        return;
    };
    let (edit, new) = garden.with_first_line(first, "Proxy/1.0\r\n");
    garden.expect("banner of another program", edit, &new).also(&["session/banner"]);
}
