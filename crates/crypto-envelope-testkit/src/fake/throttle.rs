//! Too many calls.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// So many calls are refused, whatever the rate.
    next: u32,
    per_second: Option<u32>,
    /// The calls that were let through in the last second.
    recent: VecDeque<Instant>,
}

impl Throttle {
    pub(crate) fn refuse_next(&self, calls: u32) {
        self.with(|state| state.next = calls);
    }

    pub(crate) fn refuse_above(&self, per_second: Option<u32>) {
        self.with(|state| *state = State { per_second, next: state.next, ..State::default() });
    }

    /// Counts a call, and says whether it may go on.
    pub(crate) fn admit(&self, now: Instant) -> bool {
        self.with(|state| state.admit(now))
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut State) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn admit(&mut self, now: Instant) -> bool {
        if self.next > 0 {
            self.next -= 1;
            return false;
        }
        let Some(most) = self.per_second else { return true };
        self.recent.retain(|call| now.duration_since(*call) < Duration::from_secs(1));
        let is_admitted = self.recent.len() < most as usize;
        if is_admitted {
            self.recent.push_back(now);
        }
        is_admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(throttle: &Throttle, milliseconds: &[u64]) -> Vec<bool> {
        let start = Instant::now();
        let times = milliseconds.iter().map(|after| start + Duration::from_millis(*after));
        times.map(|time| throttle.admit(time)).collect()
    }

    #[test]
    fn the_next_calls_are_refused() {
        let throttle = Throttle::default();
        throttle.refuse_next(2);
        assert_eq!(admitted(&throttle, &[0, 0, 0]), [false, false, true]);
    }

    #[test]
    fn calls_above_the_rate_are_refused_for_a_second() {
        let throttle = Throttle::default();
        throttle.refuse_above(Some(2));
        let expected = [true, true, false, false, true, false];
        assert_eq!(admitted(&throttle, &[0, 500, 501, 999, 1000, 1400]), expected);
        throttle.refuse_above(None);
        assert_eq!(admitted(&throttle, &[0, 0, 0]), [true, true, true]);
    }
}
