//! Every job on the same bytes, in turn, round by round: the medians can be compared even where the machine has other
//! things to do. Prints one line for each: job, input, bytes, median and best in MB/s.
//!
//! A number is the number of rounds; of the jobs, those are run whose name contains one of the other arguments.

use std::hint::black_box;
use std::time::Instant;

use ami_benches::{inputs, jobs};
use ami_wire::index::Isa;

struct Job<'a> {
    name: String,
    input: &'static str,
    bytes: usize,
    /// Slow ones run in every third round.
    slow: bool,
    run: Box<dyn FnMut() -> u64 + 'a>,
    rates: Vec<f64>,
}

fn add<'a>(jobs: &mut Vec<Job<'a>>, name: &str, input: (&'static str, usize), run: impl FnMut() -> u64 + 'a) {
    let (input, bytes) = input;
    let run = Box::new(run);
    jobs.push(Job { name: name.to_owned(), input, bytes, slow: false, run, rates: Vec::new() });
}

#[allow(clippy::cast_precision_loss, reason = "a rate")]
fn main() {
    // Cargo passes `--bench`.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--") && argument.parse::<usize>().is_err())
        .collect();
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(15);
    let flood = inputs::flood_8();
    let (tiny, huge) = (inputs::tiny(), inputs::huge());
    let mut copy = vec![0; flood.len()];
    let mut marks = vec![0; (32 << 10) + 64];
    let mut written = Vec::with_capacity(flood.len());
    let mut jobs: Vec<Job<'_>> = Vec::new();
    let on_flood = ("flood × 8", flood.len());
    let flood = &flood[..];

    add(&mut jobs, "memcpy", on_flood, || jobs::memcpy(flood, &mut copy));
    add(&mut jobs, "memchr_iter over LF", on_flood, || jobs::memchr_iter(flood));
    add(&mut jobs, "memchr per line", on_flood, || jobs::memchr_per_line(flood));
    let marks = std::cell::RefCell::new(&mut marks);
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
        let marks = &marks;
        add(&mut jobs, &format!("index {isa:?}"), on_flood, move || {
            jobs::index(isa, flood, &mut marks.borrow_mut()).unwrap_or_default()
        });
    }
    add(&mut jobs, "frame", on_flood, || jobs::frame(flood));
    add(&mut jobs, "headers", on_flood, || jobs::headers(flood));
    add(&mut jobs, "headers, free", on_flood, || jobs::headers_free(flood));
    add(&mut jobs, "stream 65536", on_flood, || jobs::stream(flood, 65_536));
    add(&mut jobs, "stream 1500", on_flood, || jobs::stream(flood, 1500));
    add(&mut jobs, "stream 64", on_flood, || jobs::stream(flood, 64));
    let eighth = &flood[..flood.len() / 8];
    add(&mut jobs, "stream 1", ("flood", eighth.len()), || jobs::stream(eighth, 1));
    let quarter = &flood[..flood.len() / 4];
    add(&mut jobs, "stream 1, twice the bytes", ("flood × 2", quarter.len()), || jobs::stream(quarter, 1));
    for key in ["Channel", "uniqueid", "Nothing"] {
        add(&mut jobs, &format!("get {key}"), on_flood, move || jobs::get(flood, key));
    }
    add(&mut jobs, "defects", on_flood, || jobs::defects(flood));
    add(&mut jobs, "encode", on_flood, || jobs::encode(flood, &mut written));
    for (name, bytes) in [("tiny", &tiny), ("huge", &huge)] {
        add(&mut jobs, "memchr per line", (name, bytes.len()), || jobs::memchr_per_line(bytes));
        add(&mut jobs, "frame", (name, bytes.len()), || jobs::frame(bytes));
        add(&mut jobs, "headers", (name, bytes.len()), || jobs::headers(bytes));
        add(&mut jobs, "headers, free", (name, bytes.len()), || jobs::headers_free(bytes));
        add(&mut jobs, "stream 65536", (name, bytes.len()), || jobs::stream(bytes, 65_536));
    }
    #[cfg(feature = "layers")]
    {
        use ami_benches::layers;
        add(&mut jobs, "typed, decoded", on_flood, || layers::decode(flood));
        add(&mut jobs, "typed, every field", on_flood, || layers::typed(flood));
        add(&mut jobs, "check", on_flood, || layers::check(flood));
        let mut lines = Vec::new();
        add(&mut jobs, "dump", on_flood, move || layers::dump(flood, &mut lines));
    }
    #[cfg(feature = "peers")]
    {
        use ami_benches::peers;
        add(&mut jobs, "asterisk-rs-ami codec", on_flood, || peers::asterisk_rs_codec(flood));
        add(&mut jobs, "asterisk-rs-ami typed", on_flood, || peers::asterisk_rs_typed(flood));
    }

    jobs.retain(|job| wanted.is_empty() || wanted.iter().any(|wanted| job.name.contains(wanted.as_str())));
    for round in 0..=rounds {
        for job in &mut jobs {
            if job.slow && round % 3 != 0 {
                continue;
            }
            let start = Instant::now();
            black_box((job.run)());
            let seconds = start.elapsed().as_secs_f64();
            job.slow = seconds > 0.1;
            // The first round only warms up.
            if round > 0 {
                job.rates.push(job.bytes as f64 / seconds / 1e6);
            }
        }
    }
    for mut job in jobs {
        job.rates.sort_by(f64::total_cmp);
        let median = job.rates.get(job.rates.len() / 2).copied().unwrap_or_default();
        let best = job.rates.last().copied().unwrap_or_default();
        println!("{}\t{}\t{}\t{median:.1}\t{best:.1}", job.name, job.input, job.bytes);
    }
}
