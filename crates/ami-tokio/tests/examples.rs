//! The example runs, against a server of this test that plays a recorded session.

use std::path::Path;

use ami_tokio::{AmiCodec, Outgoing};
use ami_wire::{ChallengeKey, Direction, Kind, Parser};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio_util::codec::Framed;

#[allow(dead_code, reason = "its main is for the command line")]
#[path = "../examples/tokio_monitor.rs"]
mod tokio_monitor;

const SECRET: &str = "a secret";

/// Takes one client: a login by challenge, then the events of a recorded session, then its logoff.
async fn serve(listener: TcpListener, events: Vec<u8>) {
    let (socket, _) = listener.accept().await.unwrap();
    let mut connection = Framed::new(socket, AmiCodec::server());
    connection.send(Outgoing::banner("11.0.0").unwrap()).await.unwrap();
    while let Some(action) = connection.next().await {
        let action = action.unwrap().unwrap();
        let success = match action.name().unwrap() {
            b"Login" => ChallengeKey::new("840415273", SECRET).matches(action.get("Key").unwrap()),
            _ => true,
        };
        let goodbye = action.name() == Some(b"Logoff");
        let value = if goodbye {
            "Goodbye"
        } else if success {
            "Success"
        } else {
            "Error"
        };
        let answer = Outgoing::response(value, |answer| {
            answer.header("ActionID", action.get("ActionID").unwrap())?;
            answer.header("Challenge", "840415273")?;
            answer.header("Message", if success { "ok" } else { "Authentication failed" })
        });
        connection.send(answer.unwrap()).await.unwrap();
        if goodbye {
            return;
        }
        if action.name() == Some(b"Login") && success {
            for message in Parser::new().direction(Direction::Server).messages(&events).map(Result::unwrap) {
                if message.kind() == Kind::Event {
                    // The monitor may have seen enough, and hung up.
                    let _ = connection.send(message).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn the_monitor_prints_events() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/traces/asterisk-22/simple.s2c");
    let events = std::fs::read(file).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(serve(listener, events.clone()));
    let mut out = Vec::new();
    tokio_monitor::run(&address, "admin", SECRET, 40, &mut out).await.unwrap();
    server.await.unwrap();

    let expected: Vec<String> = ami_wire::messages(&events)
        .map(Result::unwrap)
        .filter(|message| message.kind() == Kind::Event)
        .take(40)
        .map(|event| {
            let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
            format!("{} {}", text(event.name()), text(event.get("Channel")))
        })
        .collect();
    assert_eq!(String::from_utf8(out).unwrap().lines().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_wrong_secret_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(serve(listener, Vec::new()));
    let error = tokio_monitor::run(&address, "admin", "wrong", 1, &mut Vec::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "login refused: Authentication failed");
    server.await.unwrap();
}
