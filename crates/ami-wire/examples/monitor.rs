//! Prints events as they come: `cargo run -p ami-wire --example monitor -- 127.0.0.1:5038 admin secret`.
//!
//! A thread and a socket, nothing more. It ends when the server closes the connection.

use std::error::Error;
use std::io::Write;
use std::net::TcpStream;

use ami_wire::{ActionIds, Direction, Encoder, Kind, Parser, Reader};

pub(crate) fn run(address: &str, user: &str, secret: &str, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut reader = Reader::new(Parser::new().direction(Direction::Server), TcpStream::connect(address)?);

    let id = ActionIds::new("monitor-")?.next();
    let mut login = Encoder::action(Vec::new(), "Login")?;
    login.header("ActionID", id)?;
    login.header("Username", user)?;
    login.header("Secret", secret)?;
    reader.get_mut().write_all(&login.end()?)?;

    while let Some(message) = reader.next() {
        let message = message?;
        if message.kind() == Kind::Event {
            let shown = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
            writeln!(out, "{} {}", shown(message.name()), shown(message.get("Channel")))?;
        } else if message.get("ActionID") == Some(id.as_bytes()) && message.name() != Some(b"Success") {
            return Err(format!("login refused: {}", message.get_str("Message").unwrap_or("without a reason")).into());
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [address, user, secret] => run(address, user, secret, &mut std::io::stdout()),
        _ => Err("usage: monitor ADDRESS USER SECRET".into()),
    }
}
