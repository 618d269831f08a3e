//! The codec over a connection in memory, with recorded sessions in chunks.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use ami_tokio::{AmiCodec, Outgoing, Refused};
use ami_wire::{DefectCode, Direction, EncodeError, Limits, OwnedMessage, Parser};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_util::codec::{Framed, FramedRead};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/traces")
}

fn read(file: &Path) -> Vec<u8> {
    let bytes = fs::read(file).unwrap();
    if file.extension().is_none_or(|suffix| suffix != "zst") {
        return bytes;
    }
    let mut unpacked = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(&bytes[..]).unwrap().read_to_end(&mut unpacked).unwrap();
    unpacked
}

/// One session of each release that has it, both sides, and the largest one.
fn sessions() -> Vec<(String, Direction, Vec<u8>)> {
    let mut all = Vec::new();
    for folder in fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for (name, direction) in [
            ("queries.s2c", Direction::Server),
            ("queries.c2s", Direction::Client),
            ("multiline.s2c", Direction::Server),
            ("queue.s2c", Direction::Server),
            ("simple.s2c", Direction::Server),
        ] {
            let file = folder.join(name);
            if file.exists() {
                all.push((file.display().to_string(), direction, read(&file)));
            }
        }
    }
    let flood = corpus().join("asterisk-22/flood.s2c.zst");
    all.push((flood.display().to_string(), Direction::Server, read(&flood)));
    assert!(all.len() > 20, "{}", all.len());
    all
}

/// Writes `bytes` in chunks of changing size, and closes.
async fn write(mut to: DuplexStream, bytes: Vec<u8>, mut seed: u64) {
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let size = (seed >> 33) as usize % if seed & (1 << 60) == 0 { 7 } else { 1500 };
        let (chunk, behind) = rest.split_at(size.clamp(1, rest.len()));
        to.write_all(chunk).await.unwrap();
        rest = behind;
        tokio::task::yield_now().await;
    }
}

fn whole(parser: Parser, bytes: &[u8]) -> Vec<OwnedMessage> {
    parser.messages(bytes).map(|message| message.unwrap().to_owned()).collect()
}

#[tokio::test]
async fn recorded_sessions_come_out_as_from_the_slice() {
    for (name, direction, bytes) in sessions() {
        let parser = Parser::new().direction(direction);
        let expected = whole(parser, &bytes);
        let (near, far) = tokio::io::duplex(333);
        let writer = tokio::spawn(write(far, bytes.clone(), bytes.len() as u64));
        let mut framed = FramedRead::new(near, AmiCodec::new(parser));
        let mut count = 0;
        while let Some(message) = framed.next().await {
            let message = message.unwrap().unwrap();
            assert_eq!(message, expected[count], "{name}");
            assert_eq!(message.offset(), expected[count].offset(), "{name}");
            assert!(message.defects().eq(expected[count].defects()), "{name}");
            count += 1;
        }
        assert_eq!(count, expected.len(), "{name}");
        assert_eq!(framed.decoder().offset(), bytes.len() as u64, "{name}");
        writer.await.unwrap();
    }
}

/// A proxy that decodes and encodes passes on every byte of every message.
#[tokio::test]
async fn messages_pass_through_untouched() {
    for (name, direction, bytes) in sessions().into_iter().take(12) {
        let parser = Parser::new().direction(direction);
        let expected: Vec<u8> = whole(parser, &bytes).iter().flat_map(|message| message.as_bytes().to_vec()).collect();
        let (near, far) = tokio::io::duplex(512);
        let (out, mut sunk) = tokio::io::duplex(512);
        let writer = tokio::spawn(write(far, bytes, 7));
        let proxy = tokio::spawn(async move {
            let mut from = FramedRead::new(near, AmiCodec::new(parser));
            let mut to = Framed::new(out, AmiCodec::server());
            while let Some(message) = from.next().await {
                to.send(message.unwrap().unwrap()).await.unwrap();
            }
        });
        let mut passed = Vec::new();
        sunk.read_to_end(&mut passed).await.unwrap();
        assert_eq!(passed, expected, "{name}");
        proxy.await.unwrap();
        writer.await.unwrap();
    }
}

#[tokio::test]
async fn a_limit_is_an_item_and_the_stream_goes_on() {
    let limits = Limits { line: 100, ..Limits::default() };
    let codec = AmiCodec::new(Parser::new().limits(limits));
    let long = [b"Event: B\r\nX: ", &[b'x'; 5000][..], b"\r\n\r\n"].concat();
    let input = [&b"Event: A\r\n\r\n"[..], &long, b"Event: C\r\n\r\nEvent: cut off"].concat();
    let (near, far) = tokio::io::duplex(64);
    let writer = tokio::spawn(write(far, input, 3));
    let mut framed = FramedRead::new(near, codec);
    let mut seen = Vec::new();
    let mut largest = 0;
    while let Some(message) = framed.next().await {
        seen.push(match message.unwrap() {
            Ok(message) => (String::from_utf8_lossy(message.name().unwrap()).into_owned(), message.is_complete()),
            Err(error) => {
                assert_eq!((error.code, error.offset), (DefectCode::OversizeLine, 22));
                ("error".to_owned(), true)
            }
        });
        largest = largest.max(framed.read_buffer().len());
    }
    let expected = [("A", true), ("error", true), ("C", true), ("cut off", false)];
    assert_eq!(seen, expected.map(|(name, complete)| (name.to_owned(), complete)));
    assert!(largest < 300, "{largest} bytes were buffered");
    writer.await.unwrap();
}

#[test]
fn injection_is_refused() {
    let refused = Outgoing::action("Originate", |action| action.header("Exten", "1\r\nAction: Command"));
    let error = refused.unwrap_err();
    assert_eq!(error, Refused(EncodeError::ForbiddenByte { byte: b'\r', position: 1 }));
    assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::InvalidInput);
    assert!(Outgoing::banner("1\n").is_err() && Outgoing::banner("").is_err());
}

#[test]
fn secrets_do_not_show() {
    let login = Outgoing::action("Login", |action| {
        action.header("Username", "admin")?;
        action.header("Secret", "hunter2")
    });
    let shown = format!("{:?}", login.unwrap());
    assert!(shown.contains("admin") && !shown.contains("hunter2"), "{shown}");
}
