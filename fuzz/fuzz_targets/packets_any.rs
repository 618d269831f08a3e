#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ami_oracles::packets::any_capture(input));
