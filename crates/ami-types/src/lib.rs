//! Typed events, actions and responses of the Asterisk Manager Interface.
#![no_std]
#![forbid(unsafe_code)]
