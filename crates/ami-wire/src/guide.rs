//! Pages about one thing each.
//!
//! | page | about |
//! |---|---|
//! | [`lenient_and_strict`] | what happens to what is wrong |
//! | [`streaming`] | bytes that arrive in pieces |
//! | [`limits`] | peers that send too much |
//! | [`no_std`] | programs without std or without an allocator |
//! | [`wire`] | what is on the wire, and what you get: every case of the wire suite |

#[doc = include_str!("../docs/lenient-and-strict.md")]
pub mod lenient_and_strict {}

#[doc = include_str!("../docs/streaming.md")]
pub mod streaming {}

#[doc = include_str!("../docs/limits.md")]
pub mod limits {}

#[doc = include_str!("../docs/no-std.md")]
pub mod no_std {}

#[doc = include_str!("../docs/wire.md")]
pub mod wire {}
