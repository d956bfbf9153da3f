//! When something is told.

use std::time::{Duration, Instant};

/// Periods of one length, one behind the other.
#[derive(Debug)]
pub(super) struct Periods {
    length: Duration,
    /// When the present one began, and when it is to end.
    began: Instant,
    end: Instant,
}

impl Periods {
    pub(super) fn new(start: Instant, length: Duration) -> Self {
        Self { length, began: start, end: start + length }
    }

    /// When to look again.
    pub(super) fn end(&self) -> Instant {
        self.end
    }

    /// How long the present one was, if it is over. Whoever looks late gets one long period, and the next
    /// one ends where it would have in any case.
    pub(super) fn passed(&mut self, now: Instant) -> Option<Duration> {
        if now < self.end {
            return None;
        }
        let took = now - self.began;
        self.began = now;
        while self.end <= now {
            self.end += self.length;
        }
        Some(took)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_end_where_they_should() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let millis = |millis| Some(Duration::from_millis(millis));
        let mut periods = Periods::new(start, Duration::from_millis(100));
        for (now, took, end) in [
            (0, None, 100),
            (99, None, 100),
            (100, millis(100), 200),
            // A little late, which the next does not have to pay for.
            (205, millis(105), 300),
            (300, millis(95), 400),
            // Three of them late.
            (750, millis(450), 800),
            (799, None, 800),
        ] {
            assert_eq!(periods.passed(at(now)), took, "at {now}");
            assert_eq!(periods.end(), at(end), "at {now}");
        }
    }
}
