//! How far long work is, for those who wait for it.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::source::{InputError, Trace};

/// Less than this is read before anybody looks.
const LONG: u64 = 32 << 20;

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);

/// A bar on standard error with rate and time left, as long as this lives.
#[derive(Debug)]
pub(super) struct Progress {
    /// Dropped to end the other; the thread holds the bar.
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Watches how traces are read, if that will take its time and standard error is a terminal. Where the results go to
    /// the same terminal while they are read, a bar would only disturb them.
    pub(super) fn watch(traces: &mut [Result<Trace, InputError>], prints: bool) -> Self {
        let known: Vec<_> = traces.iter_mut().flatten().collect();
        let sizes: Option<Vec<u64>> = known.iter().map(|trace| trace.size()).collect();
        let total = sizes.map(|sizes| sizes.iter().sum::<u64>());
        let long = total.is_none_or(|total| total >= LONG);
        if !long || !io::stderr().is_terminal() || (prints && io::stdout().is_terminal()) {
            return Self { running: None };
        }
        let meter = Arc::new(AtomicU64::new(0));
        for trace in known {
            trace.meter(&meter);
        }
        let (sender, ended) = channel();
        let thread = std::thread::spawn(move || {
            let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new).with_style(style(total.is_some()));
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                bar.set_position(meter.load(Ordering::Relaxed));
            }
            bar.finish_and_clear();
        });
        Self { running: Some((sender, thread)) }
    }
}

fn style(length_known: bool) -> ProgressStyle {
    let template = if length_known {
        "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"
    } else {
        "{spinner} {bytes}, {bytes_per_sec}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.running.take() {
            drop(sender);
            // The line is clean before anything else is said.
            _ = thread.join();
        }
    }
}
