//! Plants every fault in every recorded session and prints what the checker found.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use ami_planting::table::Table;
use ami_planting::trace;

/// How many cases of each way a trace gives at most, evenly spread over it: the same in every run.
const MOST: usize = 6;

/// The same for traces of more than [`LONG`] messages: each case checks a whole trace, and long ones repeat themselves.
const MOST_OF_LONG: usize = 2;
const LONG: usize = 2000;

fn main() -> ExitCode {
    let only = std::env::args().nth(1).unwrap_or_default();
    let mut traces: Vec<_> = trace::corpus().into_iter().filter(|trace| trace.name.contains(&only)).collect();
    // The longest are taken first: at the end no worker waits for another.
    traces.sort_by_key(|trace| trace.server.len());
    let traces = Mutex::new(traces);
    let next = || traces.lock().ok().and_then(|mut traces| traces.pop());
    let work = || {
        let mut table = Table::default();
        while let Some(trace) = next() {
            table.add(&trace, if trace.server.len() > LONG { MOST_OF_LONG } else { MOST });
        }
        table
    };
    let mut table = Table::default();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for thread in threads.into_iter().filter_map(|thread| thread.join().ok()) {
            table.merge(thread);
        }
    });
    print!("{table}");
    table.failures.sort();
    for failure in &table.failures {
        println!("FAILED {failure}");
    }
    let unbroken = table.unbroken();
    if !unbroken.is_empty() {
        println!("rules that no case broke: {}", unbroken.join(", "));
    }
    if table.failures.is_empty() && unbroken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
