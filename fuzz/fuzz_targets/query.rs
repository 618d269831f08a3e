#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ami_oracles::http::query(input));
