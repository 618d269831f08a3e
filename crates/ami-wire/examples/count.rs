//! Counts events by name, and defects by code, in captured streams of any size:
//! `cargo run -p ami-wire --example count -- corpus/traces/asterisk-22/simple.s2c`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};

use ami_wire::{Kind, Parser, ReadError, Reader};

pub(crate) fn run(input: impl Read, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut events: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut defects: BTreeMap<&str, u64> = BTreeMap::new();
    let mut reader = Reader::new(Parser::new(), input);
    while let Some(message) = reader.next() {
        match message {
            Ok(message) => {
                if let (Kind::Event, Some(name)) = (message.kind(), message.name()) {
                    match events.get_mut(name) {
                        Some(count) => *count += 1,
                        None => drop(events.insert(name.to_vec(), 1)),
                    }
                }
                for defect in message.defects() {
                    *defects.entry(defect.code.as_str()).or_default() += 1;
                }
            }
            Err(ReadError::Wire(error)) => *defects.entry(error.code.as_str()).or_default() += 1,
            Err(error) => return Err(error.into()),
        }
    }
    for (name, count) in events {
        writeln!(out, "{count:8} {}", String::from_utf8_lossy(&name))?;
    }
    for (code, count) in defects {
        writeln!(out, "{count:8} {code}")?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    for name in std::env::args_os().skip(1) {
        println!("{}", name.display());
        run(File::open(name)?, &mut std::io::stdout())?;
    }
    Ok(())
}
