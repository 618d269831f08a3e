//! The Asterisk Manager Interface on the wire: a borrowed-slice parser and encoder.
#![no_std]
#![forbid(unsafe_code)]
