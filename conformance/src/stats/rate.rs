//! How many messages came when: in bounded memory, however long a capture is and in whatever order its times come.

use std::collections::BTreeMap;
use std::time::Duration;

/// The most steps of time that are told apart.
const STEPS: usize = 48;

/// How long a step can be, in milliseconds; each is a multiple of the one before it. Longer ones double.
const LENGTHS: [u64; 15] = [
    100,
    500,
    1_000,
    5_000,
    10_000,
    30_000,
    60_000,
    300_000,
    600_000,
    1_800_000,
    3_600_000,
    10_800_000,
    21_600_000,
    86_400_000,
    604_800_000,
];

/// Times that a server can tell: from 2000 to 2200. What is not among them is no time, and would only stretch the scale.
const PLAUSIBLE: std::ops::Range<u64> = 946_684_800..7_258_118_400;

/// Counts over time, in steps that grow with the time that is covered.
#[derive(Debug, Default)]
pub struct Rate {
    /// The length of a step: a place in `LENGTHS`, or doublings of the last one.
    length: usize,
    /// By number of the step since 1970; those without a message are left out.
    steps: BTreeMap<u64, u64>,
    total: u64,
}

/// Messages in a step of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it begins, since 1970.
    pub start: Duration,
    /// Messages in it.
    pub messages: u64,
}

fn length(step: usize) -> u64 {
    let doublings = (step + 1).saturating_sub(LENGTHS.len()).min(32);
    LENGTHS.get(step).or(LENGTHS.last()).map_or(1, |length| length << doublings)
}

impl Rate {
    /// A source that tells no less than this.
    pub fn at_least(shortest: Duration) -> Self {
        let shortest = shortest.as_millis();
        let length = LENGTHS.iter().position(|length| u128::from(*length) >= shortest).unwrap_or(0);
        Self { length, ..Self::default() }
    }

    /// Counts a message at this time since 1970; not so where no server was running then.
    pub fn count(&mut self, time: Duration) {
        if !PLAUSIBLE.contains(&time.as_secs()) {
            return;
        }
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        *self.steps.entry(millis / length(self.length)).or_default() += 1;
        self.total += 1;
        while self.span() > STEPS as u64 {
            self.lengthen();
        }
    }

    /// Takes the next length of a step.
    fn lengthen(&mut self) {
        let from = length(self.length);
        self.length += 1;
        let to = length(self.length);
        for (step, messages) in std::mem::take(&mut self.steps) {
            *self.steps.entry(step * from / to).or_default() += messages;
        }
    }

    /// Adds what another one counted: the sum is the same as if one had counted all.
    pub fn absorb(&mut self, mut other: Self) {
        while self.length < other.length {
            self.lengthen();
        }
        while other.length < self.length {
            other.lengthen();
        }
        for (step, messages) in other.steps {
            *self.steps.entry(step).or_default() += messages;
        }
        self.total += other.total;
        while self.span() > STEPS as u64 {
            self.lengthen();
        }
    }

    /// How many messages were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The length of a step.
    pub fn step(&self) -> Duration {
        Duration::from_millis(length(self.length))
    }

    fn span(&self) -> u64 {
        match (self.steps.first_key_value(), self.steps.last_key_value()) {
            (Some((first, _)), Some((last, _))) => last - first + 1,
            _ => 0,
        }
    }

    /// The steps from the first message to the last, those without a message included.
    pub fn steps(&self) -> Vec<Step> {
        let Some((first, _)) = self.steps.first_key_value() else { return Vec::new() };
        let all = *first..first.saturating_add(self.span());
        all.map(|number| Step {
            start: Duration::from_millis(number.saturating_mul(length(self.length))),
            messages: self.steps.get(&number).copied().unwrap_or_default(),
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_grow_with_the_time() {
        assert!(LENGTHS.windows(2).all(|pair| pair[1] % pair[0] == 0), "a step is a whole number of shorter ones");
        let mut rate = Rate::default();
        for second in 0..3 {
            rate.count(Duration::from_millis(1_700_000_000_000 + second * 1000));
        }
        assert_eq!((rate.step(), rate.steps().len()), (Duration::from_millis(100), 21));
        // Backwards in time, too.
        rate.count(Duration::from_secs(1_700_000_000 - 3600));
        assert_eq!(rate.step(), Duration::from_secs(300));
        let steps = rate.steps();
        assert_eq!(steps.iter().map(|step| step.messages).sum::<u64>(), 4);
        assert_eq!((steps[0].messages, steps.last().unwrap().messages), (1, 3));
        assert!(steps.len() <= STEPS);
    }

    #[test]
    fn two_become_what_one_had_counted() {
        let times = (0..400_u64).map(|n| Duration::from_millis(1_700_000_000_000 + n * n * 37 % 5_000_011));
        let (mut whole, mut parts) = (Rate::default(), [Rate::default(), Rate::default(), Rate::default()]);
        for (n, time) in times.enumerate() {
            whole.count(time);
            parts[if n < 5 { 0 } else { 1 + n % 2 }].count(time);
        }
        let [mut sum, second, third] = parts;
        assert_ne!(sum.step(), second.step(), "lengths of both sides are met");
        let mut other = third;
        other.absorb(sum);
        sum = other;
        sum.absorb(second);
        assert_eq!((sum.step(), sum.steps(), sum.total()), (whole.step(), whole.steps(), whole.total()));
    }

    #[test]
    fn memory_does_not_grow_with_the_time() {
        let mut rate = Rate::at_least(Duration::from_secs(1));
        assert_eq!(rate.step(), Duration::from_secs(1));
        for day in 0..70_000 {
            rate.count(Duration::from_secs(946_684_800 + day * 86_400));
            assert!(rate.steps().len() <= STEPS);
        }
        rate.count(Duration::MAX);
        rate.count(Duration::ZERO);
        assert_eq!(rate.total(), 70_000);
    }
}
