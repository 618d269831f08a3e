//! Decode, encode, decode: nothing changes, for every recorded message and for messages made from the schema.

#[allow(dead_code, reason = "each test uses a part of it")]
mod corpus;

use ami_types::generate::{action_of, event_of};
use ami_types::{Action, Event, schema};
use ami_wire::{Kind, Message};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::corpus::traces;

fn parse(bytes: &[u8]) -> Message<'_> {
    ami_wire::messages(bytes).next().expect("a message").expect("well-formed")
}

/// Everything that an event says.
fn content<'a>(event: &Event<'a>) -> Vec<(Option<&'static str>, &'a [u8], &'a [u8])> {
    event.fields().map(|field| (field.def.map(|def| def.name), field.key.as_bytes(), field.value.as_bytes())).collect()
}

fn event_survives(bytes: &[u8]) {
    let message = parse(bytes);
    let event = Event::decode(&message);
    let mut again = Vec::new();
    event.encode(&mut again).expect("what came in can go out");
    let message = parse(&again);
    let second = Event::decode(&message);
    assert_eq!(event.id(), second.id());
    assert_eq!(content(&event), content(&second));
}

fn action_survives(bytes: &[u8]) -> bool {
    let message = parse(bytes);
    let Some(action) = Action::decode(&message) else { return false };
    let out = match action.encode(Vec::new()) {
        Ok(out) => out,
        // A bare CR or NUL inside a value is read, and never written.
        Err(ami_wire::EncodeError::ForbiddenByte { .. }) => return true,
        Err(error) => panic!("{error}: {message:?}"),
    };
    let second = parse(&out);
    assert_eq!(Action::decode(&second).as_ref(), Some(&action), "{:?}", out.escape_ascii().to_string());
    true
}

#[test]
fn recorded_events_survive() {
    for trace in traces("s2c") {
        for message in ami_wire::messages(&trace.bytes).filter_map(Result::ok).filter(|m| m.kind() == Kind::Event) {
            event_survives(message.as_bytes());
        }
    }
}

#[test]
fn recorded_actions_survive() {
    let mut count = 0;
    for trace in traces("c2s") {
        for message in ami_wire::messages(&trace.bytes).filter_map(Result::ok).filter(|m| m.kind() == Kind::Action) {
            count += usize::from(action_survives(message.as_bytes()));
        }
    }
    assert!(count > 3_000, "{count}");
}

#[test]
fn generated_events_survive() {
    for def in schema::events() {
        let mut runner = TestRunner::new(ProptestConfig::with_cases(20));
        let outcome = runner.run(&event_of(def), |bytes| {
            event_survives(&bytes);
            let event = Event::decode(&parse(&bytes)).id();
            prop_assert_eq!(event, Some(def.id));
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", def.name));
    }
}

#[test]
fn generated_actions_survive() {
    for def in schema::actions() {
        let mut runner = TestRunner::new(ProptestConfig::with_cases(20));
        let outcome = runner.run(&action_of(def), |bytes| {
            prop_assert!(action_survives(&bytes), "{} is unknown", def.name);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", def.name));
    }
}

/// Every header of an action that the schema has is written again, with its value.
#[test]
fn actions_keep_every_parameter() {
    for def in schema::actions() {
        let mut runner = TestRunner::new(ProptestConfig::with_cases(20));
        let outcome = runner.run(&action_of(def), |bytes| {
            let message = parse(&bytes);
            let out = Action::decode(&message).expect("known").encode(Vec::new()).expect("encodes");
            let again = parse(&out);
            let count = |message: &Message<'_>| message.headers().filter(|h| def.param(h.key).is_some()).count();
            // A required parameter that was not sent is written, empty.
            let missing = def.params.iter().filter(|p| p.required && message.get(p.name).is_none()).count();
            prop_assert_eq!(count(&message) + missing, count(&again));
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", def.name));
    }
}

#[test]
fn arbitrary_makes_known_messages() {
    use ami_types::generate::{ActionBytes, EventBytes};
    use arbitrary::{Arbitrary as _, Unstructured};
    for seed in 0..200_u64 {
        let noise: Vec<u8> =
            (0..600).map(|n| (seed.wrapping_mul(0x9e37_79b9).wrapping_add(n * n) >> 3) as u8).collect();
        let event = EventBytes::arbitrary(&mut Unstructured::new(&noise)).expect("an event").0;
        assert!(Event::decode(&parse(&event)).id().is_some());
        let action = ActionBytes::arbitrary(&mut Unstructured::new(&noise)).expect("an action").0;
        assert!(Action::decode(&parse(&action)).is_some());
    }
}

#[test]
fn passwords_are_not_shown() {
    let login = ami_types::actions::LoginAction::new("admin").with_secret("hunter2").with_key("0123abcd");
    let shown = format!("{login:?} {:?}", Action::Login(login));
    assert!(!shown.contains("hunter2") && !shown.contains("0123abcd") && shown.contains("admin"), "{shown}");
    let out = Action::Login(login).encode(Vec::new()).expect("encodes");
    assert!(parse(&out).get("Secret") == Some(b"hunter2"));
}

#[test]
fn json_has_the_names_of_the_protocol() {
    let bytes = b"Event: DialEnd\r\nPrivilege: call,all\r\nChannelState: 6\r\nExten: 100\r\nPriority: 1\r\n\
        DestCallerIDName: caf\xe9\r\nDestChanVariable: A=1\r\nDestChanVariable: B=2\r\nDialStatus: ANSWER\r\nOdd: 1\r\nOdd: 2\r\n\r\n";
    let message = parse(bytes);
    let event = Event::decode(&message);
    let json = serde_json::to_string(&event).expect("json");
    assert_eq!(
        json,
        "{\"Event\":\"DialEnd\",\"Privilege\":\"call,all\",\"ChannelState\":6,\"Exten\":\"100\",\"Priority\":1,\
         \"DestCallerIDName\":{\"base64\":\"Y2Fm6Q==\"},\"DestChanVariable\":[\"A=1\",\"B=2\"],\"DialStatus\":\"ANSWER\",\
         \"Odd\":[\"1\",\"2\"]}"
    );
    let Event::DialEnd(dial) = event else { panic!("{event:?}") };
    assert_eq!(serde_json::to_string(&dial).expect("json"), json);

    let action = ami_types::actions::OriginateAction::new("PJSIP/100")
        .with_timeout(ami_types::Value::Known(ami_types::values::Milliseconds(3000)))
        .with_variable(&["A=1", "B=2"])
        .with_async_(ami_types::Value::Known(true));
    let json = serde_json::to_string(&Action::Originate(action)).expect("json");
    assert_eq!(
        json,
        "{\"Action\":\"Originate\",\"Channel\":\"PJSIP/100\",\"Timeout\":3000,\"Variable\":[\"A=1\",\"B=2\"],\"Async\":true}"
    );
}
