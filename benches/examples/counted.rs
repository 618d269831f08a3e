//! Does one job on the recorded flood as often as it is told, so that something can count instructions:
//! `valgrind --tool=callgrind target/release/examples/counted headers 2`.

use std::hint::black_box;
use std::process::ExitCode;

use ami_benches::{inputs, jobs};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let job = arguments.next().unwrap_or_default();
    let times: usize = arguments.next().and_then(|times| times.parse().ok()).unwrap_or(1);
    let bytes = inputs::flood();
    let mut marks = vec![0; (32 << 10) + 64];
    let mut out = Vec::with_capacity(bytes.len());
    for _ in 0..times {
        let answer = match job.as_str() {
            "memchr per line" => jobs::memchr_per_line(&bytes),
            "index" => jobs::index(ami_wire::index::Isa::best(), &bytes, &mut marks).unwrap_or_default(),
            "frame" => jobs::frame(&bytes),
            "headers" => jobs::headers(&bytes),
            "headers, free" => jobs::headers_free(&bytes),
            "get" => jobs::get(&bytes, "Nothing"),
            "defects" => jobs::defects(&bytes),
            "stream 65536" => jobs::stream(&bytes, 65_536),
            "stream 1" => jobs::stream(&bytes, 1),
            "encode" => jobs::encode(&bytes, &mut out),
            #[cfg(feature = "layers")]
            "typed" => ami_benches::layers::typed(&bytes),
            #[cfg(feature = "layers")]
            "check" => ami_benches::layers::check(&bytes),
            #[cfg(feature = "layers")]
            "dump" => ami_benches::layers::dump(&bytes, &mut out),
            #[cfg(feature = "peers")]
            "asterisk-rs-ami codec" => ami_benches::peers::asterisk_rs_codec(&bytes),
            _ => {
                eprintln!("no such job: {job}");
                return ExitCode::from(2);
            }
        };
        black_box(answer);
    }
    ExitCode::SUCCESS
}
