//! `cargo xtask amplify`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use xtask::amplify::Template;

/// Make a long trace from a recorded one: the session again and again, with fresh names and later times.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The recorded stream of one direction; may be packed with zstd
    #[arg(long, value_name = "TRACE", default_value = "corpus/traces/asterisk-22/flood.s2c.zst")]
    from: PathBuf,
    /// How many bytes at least: a number, or one with K, M or G (powers of 1000)
    #[arg(long, value_name = "BYTES", value_parser = size)]
    size: u64,
    /// Events to keep, by their names; all others are left out
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Where to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

fn size(text: &str) -> Result<u64> {
    let (digits, factor) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 1000),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 1_000_000),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1),
    };
    digits.parse::<u64>()?.checked_mul(factor).context("too large")
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let read = std::fs::read(&options.from).with_context(|| options.from.display().to_string())?;
    let bytes = if read.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) { zstd::decode_all(&read[..])? } else { read };
    let keep = |name: &[u8]| options.only.is_empty() || options.only.iter().any(|only| only.as_bytes() == name);
    let template = Template::new(bytes, keep)?;
    let write = |mut out: &mut dyn Write| template.write(options.size, &mut out);
    let result = if options.output == Path::new("-") {
        write(&mut io::stdout().lock())
    } else {
        let file = File::create(&options.output).with_context(|| options.output.display().to_string())?;
        write(&mut BufWriter::with_capacity(1 << 20, file))
    };
    match result {
        Ok((written, copies)) => eprintln!("{written} bytes, {copies} copies"),
        // Whoever reads has enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => bail!("{}: {error}", options.output.display()),
    }
    Ok(())
}
