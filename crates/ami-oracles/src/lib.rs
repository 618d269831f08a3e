//! What must hold for any input.
//!
//! Each oracle is a function of arbitrary bytes that panics when a law is broken. The fuzz targets feed them with what
//! libFuzzer makes up; the tests of this crate feed them, on stable, with the corpus, with every crash that was ever
//! found, and with every string of a small world.
#![forbid(unsafe_code)]
#![allow(clippy::missing_panics_doc, clippy::similar_names, reason = "to panic is what an oracle is for")]

pub mod checker;
pub mod encode;
pub mod http;
pub mod index;
pub mod naive;
pub mod packets;
pub mod typed;
pub mod values;
pub mod wire;

/// An oracle.
pub type Oracle = fn(&[u8]);

/// Every oracle, by the name of its fuzz target.
pub const ALL: &[(&str, Oracle)] = &[
    ("index", index::index),
    ("slice_vs_stream", wire::slice_vs_stream),
    ("lenient_never_loses", wire::lenient_never_loses),
    ("strict_in_lenient", wire::strict_in_lenient),
    ("parse_encode", wire::parse_encode),
    ("naive", wire::as_naive),
    ("action_encode", encode::action_encode),
    ("typed_decode", typed::typed_decode),
    ("values", values::values),
    ("packets_any", packets::any_capture),
    ("packets_streams", packets::streams),
    ("mxml_any", http::mxml_any),
    ("mxml_written", http::mxml_written),
    ("query", http::query),
    ("checker_any", checker::any_stream),
    ("checker_legal", checker::legal_session),
];
