//! The schema of `ami-types`: its reader and the generator that turns it into Rust. And what other tasks are made of.
//!
//! `xtask` depends on no crate of this workspace, so that it can always repair generated code that does not compile.
#![forbid(unsafe_code)]

pub mod amplify;
pub mod codegen;
pub mod compare;
pub mod docs;
pub mod examples;
pub mod mutants;
pub mod reference;
pub mod schema;
