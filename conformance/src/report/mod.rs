//! Reports: what was found, for people and for machines.

pub mod json;
pub mod jsonl;
pub mod text;
