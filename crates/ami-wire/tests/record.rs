//! The JSON form of a message.

mod common;

use ami_wire::{Direction, Kind, Parser, Record, mixed};
use serde_json::{Value, json};

fn first(bytes: &[u8]) -> ami_wire::Message<'_> {
    ami_wire::messages(bytes).next().unwrap().unwrap()
}

fn value(bytes: &[u8]) -> Value {
    serde_json::to_value(first(bytes)).unwrap()
}

#[test]
fn an_event() {
    let text = serde_json::to_string(&first(b"Event: Hangup\r\nCause: 16\r\n\r\n")).unwrap();
    let expected = r#"{"offset":0,"length":28,"direction":"server","kind":"event","name":"Hangup","#.to_owned()
        + r#""headers":[["Event","Hangup"],["Cause","16"]]}"#;
    assert_eq!(text, expected);
}

#[test]
fn a_banner_has_its_line_as_name_and_no_headers() {
    let expected = json!({
        "offset": 0, "length": 27, "direction": "server", "kind": "banner",
        "name": "Asterisk Call Manager/1.1", "headers": [],
    });
    assert_eq!(value(b"Asterisk Call Manager/1.1\r\n"), expected);
}

#[test]
fn an_unknown_message_has_no_name() {
    let expected = json!({
        "offset": 0, "length": 13, "direction": "server", "kind": "unknown", "headers": [], "lines": ["no header"],
        "defects": [{"code": "no-colon", "offset": 0}, {"code": "kind-missing", "offset": 0}],
    });
    assert_eq!(value(b"no header\r\n\r\n"), expected);
}

/// As many line ends as headers and a blank line would have.
#[test]
fn a_message_that_is_cut_keeps_its_lines() {
    let message = value(b"Event: A\r\nraw\r\n");
    assert_eq!((&message["headers"], &message["lines"]), (&json!([["Event", "A"]]), &json!(["raw"])));
}

#[test]
fn command_output_is_apart() {
    let bytes = b"Response: Follows\r\nPrivilege: Command\r\na: b\n\nc\xff\n--END COMMAND--\r\n\r\n";
    let message = value(bytes);
    assert_eq!(message["headers"], json!([["Response", "Follows"], ["Privilege", "Command"]]));
    assert_eq!(message["output"], json!(["a: b", "", {"base64": "Y/8="}]));
    assert_eq!(message.get("defects"), None);
    assert_eq!(message["length"], json!(bytes.len()));
}

#[test]
fn what_is_not_utf8_is_base64_wherever_it_stands() {
    let message = value(b"Event: \xff\r\nK\xff: \xfe\r\nraw\xff\r\n\r\n");
    assert_eq!(message["name"], json!({"base64": "/w=="}));
    assert_eq!(message["headers"], json!([["Event", {"base64": "/w=="}], [{"base64": "S/8="}, {"base64": "/g=="}]]));
    assert_eq!(message["lines"], json!([{"base64": "cmF3/w=="}]));
}

#[test]
fn control_bytes_are_escaped() {
    let text = serde_json::to_string(&first(b"Event: A\r\nX: \x01\t\"\\\r\n\r\n")).unwrap();
    assert!(text.contains(r#"["X","\u0001\t\"\\"]"#), "{text}");
}

#[test]
fn direction_offset_and_connection_can_be_set() {
    let message = first(b"Event: A\n\r\n");
    let record = Record::new(message).direction(Direction::Client).offset(100).connection(3);
    let expected = json!({
        "offset": 100, "length": 11, "direction": "client", "kind": "event", "name": "A", "headers": [["Event", "A"]],
        "defects": [{"code": "bare-lf", "offset": 108}], "connection": 3,
    });
    assert_eq!(serde_json::to_value(record).unwrap(), expected);
    let unchanged = serde_json::to_value(Record::new(message).direction(Direction::Any)).unwrap();
    assert_eq!(unchanged["direction"], "server");
}

#[test]
fn owned_and_borrowed_are_the_same_and_every_recorded_message_serialises() {
    for trace in common::traces() {
        for message in Parser::new().direction(trace.direction).messages(&trace.bytes) {
            let message = message.unwrap();
            let borrowed = serde_json::to_string(&message).unwrap();
            assert_eq!(borrowed, serde_json::to_string(&message.to_owned()).unwrap());
            let object: Value = serde_json::from_str(&borrowed).unwrap();
            assert_eq!(object["headers"].as_array().unwrap().len(), message.headers().count());
            assert_eq!(object["kind"], message.kind().as_str());
            for (field, count) in [
                ("lines", message.raw_lines().count()),
                ("output", message.output().count()),
                ("defects", message.defects().count()),
            ] {
                assert_eq!(object.get(field).map_or(0, |list| list.as_array().unwrap().len()), count);
            }
        }
    }
}

/// Splits a stream into its messages and the blank lines before them.
fn pieces(trace: &common::Trace) -> Vec<(usize, &[u8])> {
    let mut end = 0;
    let parser = Parser::new().direction(trace.direction);
    let messages = parser.messages(&trace.bytes).map(Result::unwrap);
    messages
        .map(|message| {
            let start = std::mem::replace(&mut end, message.offset() as usize + message.len());
            (message.offset() as usize, &trace.bytes[start..end])
        })
        .collect()
}

/// The recorded sessions with both directions in one text: each message is found, on its side and at its place.
#[test]
fn directions_are_told_apart_in_a_mixed_text() {
    let traces = common::traces();
    let mut sessions = 0;
    for client in traces.iter().filter(|trace| trace.direction == Direction::Client) {
        let name = client.name.replace(".c2s", ".s2c");
        let Some(server) = traces.iter().find(|trace| trace.name == name) else { continue };
        // Text that says nothing about its sender is the server's by definition, and a client that sends a response or an
        // event is one of the odd inputs of `queries`.
        let odd = Parser::new()
            .direction(Direction::Client)
            .messages(&client.bytes)
            .any(|message| message.unwrap().kind() != Kind::Action);
        // A message that is cut off at the end would run into the next one.
        let cut = [client, server].iter().any(|trace| !trace.bytes.ends_with(b"\r\n\r\n"));
        if odd || cut {
            continue;
        }
        let (theirs, ours) = (pieces(client), pieces(server));
        let (mut text, mut expected) = (Vec::new(), Vec::new());
        let (mut c, mut s) = (theirs.iter().peekable(), ours.iter().peekable());
        let each = (ours.len() / theirs.len().max(1)).max(1);
        // The banner comes first; then a few messages of the server for each of the client.
        while s.peek().is_some() || c.peek().is_some() {
            for (offset, bytes) in s.by_ref().take(each) {
                expected.push((Direction::Server, *offset as u64));
                text.extend_from_slice(bytes);
            }
            if let Some((offset, bytes)) = c.next() {
                expected.push((Direction::Client, *offset as u64));
                text.extend_from_slice(bytes);
            }
        }
        let found: Vec<_> = mixed(Parser::new(), &text)
            .map(Result::unwrap)
            .map(|one| {
                let start = one.message.offset() as usize;
                assert_eq!(&text[start..start + one.message.len()], one.message.as_bytes());
                (one.direction, one.offset)
            })
            .collect();
        assert_eq!(found, expected, "{}", client.name);
        sessions += 1;
    }
    assert!(sessions > 100, "{sessions}");
}
