//! Sends one action and prints what answers it, a list to its end:
//! `cargo run -p ami-wire --example send_action -- 127.0.0.1:5038 admin secret Status Channel=PJSIP/100-00000001`.
//!
//! The login is by challenge: the secret does not go over the wire.

use std::error::Error;
use std::io::Write;
use std::net::TcpStream;

use ami_wire::values::Assignment;
use ami_wire::{ActionId, ActionIds, ChallengeKey, Direction, Encoder, Kind, OwnedMessage, Parser, Reader};

struct Client {
    reader: Reader<TcpStream>,
    ids: ActionIds,
}

impl Client {
    fn connect(address: &str) -> Result<Self, Box<dyn Error>> {
        let parser = Parser::new().direction(Direction::Server);
        Ok(Self { reader: Reader::new(parser, TcpStream::connect(address)?), ids: ActionIds::new("send-")? })
    }

    fn send(&mut self, name: &str, headers: &[(&[u8], &[u8])]) -> Result<ActionId, Box<dyn Error>> {
        let id = self.ids.next();
        let mut action = Encoder::action(Vec::new(), name)?;
        action.header("ActionID", id)?;
        for (key, value) in headers {
            action.header(key, value)?;
        }
        self.reader.get_mut().write_all(&action.end()?)?;
        Ok(id)
    }

    /// The next message that answers an action; events of other things are passed over.
    fn answer(&mut self, id: ActionId) -> Result<OwnedMessage, Box<dyn Error>> {
        while let Some(message) = self.reader.next() {
            let message = message?;
            if message.get("ActionID") == Some(id.as_bytes()) {
                return Ok(message.to_owned());
            }
        }
        Err("the server closed the connection".into())
    }
}

pub(crate) fn run(
    address: &str,
    user: &str,
    secret: &str,
    action: &str,
    headers: &[String],
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let mut client = Client::connect(address)?;
    let id = client.send("Challenge", &[(b"AuthType", b"MD5")])?;
    let challenge = client.answer(id)?;
    let key = ChallengeKey::new(challenge.get("Challenge").ok_or("the server has no challenge")?, secret);
    let login = [(&b"AuthType"[..], &b"MD5"[..]), (b"Username", user.as_bytes()), (b"Key", key.as_bytes())];
    let id = client.send("Login", &login)?;
    if client.answer(id)?.name() != Some(b"Success") {
        return Err("login refused".into());
    }

    let headers: Result<Vec<_>, _> = headers.iter().map(|one| Assignment::parse(one.as_bytes())).collect();
    let headers: Vec<_> = headers?.into_iter().map(|one| (one.name, one.value)).collect();
    let id = client.send(action, &headers)?;
    loop {
        let answer = client.answer(id)?;
        out.write_all(answer.as_bytes())?;
        // A list goes on until an event says that it is complete; anything else is one response.
        let list = answer.get("EventList").unwrap_or_default();
        let started = answer.kind() == Kind::Response && list.eq_ignore_ascii_case(b"start");
        let item = answer.kind() == Kind::Event && list.is_empty();
        if !started && !item {
            break;
        }
    }
    let id = client.send("Logoff", &[])?;
    client.answer(id)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [address, user, secret, action, headers @ ..] => {
            run(address, user, secret, action, headers, &mut std::io::stdout())
        }
        _ => Err("usage: send_action ADDRESS USER SECRET ACTION [KEY=VALUE]…".into()),
    }
}
