//! What came of calls.

use std::time::Duration;

use crypto_envelope::Error;
use hdrhistogram::Histogram;

use super::faults::Faults;

/// Of the calls of a time.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// How long calls took that succeeded, in microseconds.
    times: Histogram<u64>,
    pub(super) faults: Faults,
}

/// How long calls took, in milliseconds. Percentiles are up to 0.1 % more than what was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Times {
    pub(super) min: f64,
    pub(super) mean: f64,
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Tally {
    pub(super) fn new() -> Self {
        let times = Histogram::new_with_bounds(1, LONGEST, DIGITS);
        let times = times.expect("these are bounds that it can have");
        Self { times, faults: Faults::default() }
    }

    pub(super) fn succeeded(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(LONGEST);
        self.times.saturating_record(micros);
    }

    pub(super) fn failed(&mut self, error: &Error) {
        self.faults.add(error);
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        self.times.add(&other.times).expect("all have the same bounds");
        self.faults.add_all(&other.faults);
    }

    pub(super) fn successes(&self) -> u64 {
        self.times.len()
    }

    /// Of those that succeeded, if any did.
    pub(super) fn times(&self) -> Option<Times> {
        let times = &self.times;
        let quantile = |quantile| millis(times.value_at_quantile(quantile));
        (!times.is_empty()).then(|| Times {
            min: millis(times.min()),
            mean: times.mean() / 1e3,
            p50: quantile(0.50),
            p95: quantile(0.95),
            p99: quantile(0.99),
            max: millis(times.max()),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "they are shorter than a day")]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1e3
}

/// In microseconds: an hour. What takes longer counts as that.
const LONGEST: u64 = 3_600_000_000;
/// Of numbers, that are kept.
const DIGITS: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// Some numbers that look like latencies, in microseconds: many are short, few are very long.
    fn latencies(count: u64) -> Vec<u64> {
        let mut state = 1_u64;
        let next = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let (mantissa, size) = (state >> 40, state >> 32 & 7);
            100 + (mantissa >> (8 + size))
        };
        (0..count).map(next).collect()
    }

    fn of_sorted(sorted: &[u64], percent: usize) -> f64 {
        millis(sorted[(sorted.len() * percent).div_ceil(100) - 1])
    }

    fn tally(latencies: &[u64]) -> Tally {
        let mut tally = Tally::new();
        for micros in latencies {
            tally.succeeded(Duration::from_micros(*micros));
        }
        tally
    }

    #[test]
    fn percentiles_are_those_of_a_sorted_list() {
        for count in [1, 2, 19, 20, 100, 101, 10_000] {
            let mut latencies = latencies(count);
            let times = tally(&latencies).times().expect("some succeeded");
            latencies.sort_unstable();
            for (percent, found) in
                [(50, times.p50), (95, times.p95), (99, times.p99), (100, times.max)]
            {
                let exact = of_sorted(&latencies, percent);
                let range = exact..=exact * 1.001 + 0.001;
                assert!(range.contains(&found), "p{percent} of {count}: {found}, not {exact}");
            }
            let sum: u64 = latencies.iter().sum();
            let mean = millis(sum) / millis(count) / 1e3;
            assert!((times.mean / mean - 1.0).abs() < 0.001, "{} is not {mean}", times.mean);
            assert!(times.min <= millis(latencies[0]));
            assert!(times.min * 1.001 + 0.001 >= millis(latencies[0]));
        }
    }

    #[test]
    fn parts_make_the_whole() {
        let latencies = latencies(1000);
        let (begin, end) = latencies.split_at(300);
        let mut sum = tally(begin);
        let mut rest = tally(end);
        rest.failed(&Error::invalid_input("it cannot be sent"));
        sum.add_all(&rest);
        assert_eq!(sum.times(), tally(&latencies).times());
        assert_eq!((sum.successes(), sum.faults.count()), (1000, 1));
    }

    #[test]
    fn nothing_has_no_percentiles_and_a_day_counts_as_an_hour() {
        assert_eq!(Tally::new().times(), None);
        let long = tally(&[86_400_000_000]).times().expect("one succeeded");
        assert!((3_600_000.0..3_604_000.0).contains(&long.max), "{long:?}");
    }
}
