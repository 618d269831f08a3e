//! Action ids and challenge keys.

#[path = "common/mod.rs"]
mod common;

use ami_wire::{ActionIds, ChallengeKey, EncodeError, Parser};
use proptest::prelude::*;

/// The server accepted each of these logins, so the key that was sent is the right one.
#[test]
fn recorded_challenges_have_these_keys() {
    let traces = common::traces();
    let find = |name: &str| traces.iter().find(|trace| trace.name == name);
    let (mut secrets, mut count) = (std::collections::BTreeSet::new(), 0);
    // The account's secret is in the recordings too, in the logins that sent it in plain text and were accepted.
    for trace in traces.iter().filter(|trace| trace.name.ends_with("/simple.c2s")) {
        for login in Parser::new().messages(&trace.bytes).map(Result::unwrap) {
            if login.name() == Some(b"Login") && login.get("Username") == Some(b"admin") {
                secrets.extend(login.get("Secret").map(<[u8]>::to_vec));
            }
        }
    }
    assert_eq!(secrets.len(), 1);
    let secret = secrets.first().unwrap();
    for client in traces.iter().filter(|trace| trace.name.ends_with("/challenge.c2s")) {
        let server = find(&client.name.replace(".c2s", ".s2c")).unwrap();
        let value = |trace: &common::Trace, key: &str| {
            let messages = Parser::new().direction(trace.direction).messages(&trace.bytes);
            messages.map(Result::unwrap).find_map(|message| message.get(key).map(<[u8]>::to_vec)).unwrap()
        };
        let key = ChallengeKey::new(value(server, "Challenge"), secret);
        assert_eq!(key.as_bytes(), value(client, "Key"), "{}", client.name);
        assert!(key.matches(value(client, "Key")));
        assert!(!key.matches(b"") && !key.matches([key.as_bytes(), b"0"].concat()) && !key.matches([b'0'; 32]));
        assert_eq!(format!("{key:?}"), "ChallengeKey(***)");
        count += 1;
    }
    assert_eq!(count, 5);
}

#[test]
fn ids_count_up() {
    let mut ids = ActionIds::new("x-").unwrap();
    let first: Vec<String> = (0..12).map(|_| ids.next().to_string()).collect();
    assert_eq!(first[..3], ["x-0", "x-1", "x-2"]);
    assert_eq!(first[11], "x-11");
}

#[test]
fn prefixes_are_checked() {
    let error = ActionIds::new("a\r\nAction: Command").unwrap_err();
    assert_eq!(error, EncodeError::ForbiddenByte { byte: b'\r', position: 1 });
    assert_eq!(ActionIds::new([b'x'; 45]).unwrap_err(), EncodeError::Full);
    let mut longest = ActionIds::new([b'x'; 44]).unwrap();
    assert_eq!(longest.next().as_bytes().len(), 45);
}

#[test]
fn only_own_ids_are_recognised() {
    let ids = ActionIds::new("x").unwrap();
    for (id, number) in [
        (&b"x0"[..], Some(0)),
        (b"x18446744073709551615", Some(u64::MAX)),
        (b"x18446744073709551616", None),
        (b"x", None),
        (b"x+1", None),
        (b"x01", None),
        (b"x-1", None),
        (b"X1", None),
        (b"x1 ", None),
    ] {
        assert_eq!(ids.number(id), number, "{}", id.escape_ascii());
    }
}

proptest! {
    #[test]
    fn ids_come_back(prefix in "[ -~]{0,44}", count in 1..30_u64) {
        let mut ids = ActionIds::new(&prefix).unwrap();
        for number in 0..count {
            let id = ids.next();
            prop_assert_eq!(id.to_string(), format!("{prefix}{number}"));
            prop_assert_eq!(ids.number(id.as_bytes()), Some(number));
        }
    }
}
