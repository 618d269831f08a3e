//! Passes messages between clients and a server, untouched, and tells what goes by:
//! `cargo run -p ami-wire --example proxy -- 127.0.0.1:5039 127.0.0.1:5038`.
//!
//! Every message goes on byte for byte, defects and all, as soon as it is whole. Extra blank lines between messages do
//! not: they belong to none.

use std::error::Error;
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use ami_wire::{Direction, Parser, Reader};

/// Passes on what comes from one side, until it closes.
fn pass(
    from: TcpStream,
    mut to: TcpStream,
    direction: Direction,
    mut log: impl Write,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut reader = Reader::new(Parser::new().direction(direction), from);
    while let Some(message) = reader.next() {
        let message = message?;
        writeln!(
            log,
            "{direction} {} {:?}",
            message.kind(),
            message.name().unwrap_or_default().escape_ascii().to_string()
        )?;
        to.write_all(message.as_bytes())?;
    }
    // The other side learns that no more will come, and may still send.
    to.shutdown(Shutdown::Write)?;
    Ok(())
}

/// Serves one client after another is accepted, each in threads of its own.
pub(crate) fn serve(
    listener: &TcpListener,
    server: &str,
    log: &(impl Write + Clone + Send + 'static),
) -> Result<(), Box<dyn Error + Send + Sync>> {
    for client in listener.incoming() {
        let client = client?;
        let server = TcpStream::connect(server)?;
        let (back, up) = (client.try_clone()?, server.try_clone()?);
        let (log, log_up) = (log.clone(), log.clone());
        thread::spawn(move || pass(client, up, Direction::Client, log_up).map_err(|error| eprintln!("{error}")));
        thread::spawn(move || pass(server, back, Direction::Server, log).map_err(|error| eprintln!("{error}")));
    }
    Ok(())
}

/// Standard output, for each thread.
#[derive(Clone)]
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::stdout().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().flush()
    }
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [listen, server] => serve(&TcpListener::bind(listen)?, server, &Log),
        _ => Err("usage: proxy LISTEN SERVER".into()),
    }
}
