//! Prints events as they come: `cargo run -p ami-tokio --example tokio_monitor -- 127.0.0.1:5038 admin secret [COUNT]`.
//!
//! With a count it logs off after so many events. The login is by challenge, so the secret does not go over the wire.

use std::error::Error;
use std::io::Write;

use ami_tokio::{AmiCodec, Outgoing};
use ami_wire::{ActionIds, ChallengeKey, Kind, OwnedMessage};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_util::codec::Framed;

type Connection = Framed<TcpStream, AmiCodec>;

/// The next message that can be had; one that breaks a limit is told and passed over.
async fn next(connection: &mut Connection) -> Result<OwnedMessage, Box<dyn Error>> {
    loop {
        match connection.next().await.ok_or("the server closed the connection")?? {
            Ok(message) => return Ok(message),
            Err(error) => eprintln!("skipped: {error}"),
        }
    }
}

/// Sends an action and waits for its answer.
async fn ask(
    connection: &mut Connection,
    action: Outgoing,
    id: impl AsRef<[u8]>,
) -> Result<OwnedMessage, Box<dyn Error>> {
    connection.send(action).await?;
    loop {
        let message = next(connection).await?;
        if message.kind() == Kind::Response && message.get("ActionID") == Some(id.as_ref()) {
            return Ok(message);
        }
    }
}

/// Logs in, prints events to `out`, and logs off after `count` of them.
pub(crate) async fn run(
    address: &str,
    user: &str,
    secret: &str,
    count: usize,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let mut connection = Framed::new(TcpStream::connect(address).await?, AmiCodec::client());
    let mut ids = ActionIds::new("monitor-")?;

    let id = ids.next();
    let action = Outgoing::action("Challenge", |action| {
        action.header("ActionID", id)?;
        action.header("AuthType", "MD5")
    })?;
    let answer = ask(&mut connection, action, id).await?;
    let key = ChallengeKey::new(answer.get("Challenge").ok_or("the server has no challenge")?, secret);

    let id = ids.next();
    let action = Outgoing::action("Login", |action| {
        action.header("ActionID", id)?;
        action.header("AuthType", "MD5")?;
        action.header("Username", user)?;
        action.header("Key", key)
    })?;
    let answer = ask(&mut connection, action, id).await?;
    if answer.name() != Some(b"Success") {
        return Err(format!("login refused: {}", answer.get_str("Message").unwrap_or("without a reason")).into());
    }

    let mut events = 0;
    while events < count {
        let message = next(&mut connection).await?;
        if message.kind() == Kind::Event {
            let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
            writeln!(out, "{} {}", text(message.name()), text(message.get("Channel")))?;
            events += 1;
        }
    }

    let id = ids.next();
    let action = Outgoing::action("Logoff", |action| action.header("ActionID", id))?;
    ask(&mut connection, action, id).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [address, user, secret] => run(address, user, secret, usize::MAX, &mut std::io::stdout()).await,
        [address, user, secret, count] => run(address, user, secret, count.parse()?, &mut std::io::stdout()).await,
        _ => Err("usage: tokio_monitor ADDRESS USER SECRET [COUNT]".into()),
    }
}
