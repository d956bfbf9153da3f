//! What time it is, also for tests.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use crate::{Error, Result};

/// Gives the time of the system, or what a test says.
#[derive(Clone)]
pub(super) struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

/// A time by both clocks of the system: one may stand still while the machine sleeps, and the
/// other one can be set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) steady: Instant,
    pub(super) wall: SystemTime,
}

impl Moment {
    /// How much later than `earlier` this is, by the clock that says more.
    pub(super) fn since(self, earlier: Self) -> Duration {
        let steady = self.steady.saturating_duration_since(earlier.steady);
        // Set back, it says nothing.
        let wall = self.wall.duration_since(earlier.wall).unwrap_or_default();
        steady.max(wall)
    }
}

impl Clock {
    /// The clocks of the system, where it has them.
    pub(super) fn of_system() -> Result<Self> {
        if HAS_TIME {
            let now = || Moment { steady: Instant::now(), wall: SystemTime::now() };
            Ok(Self(Arc::new(now)))
        } else {
            Err(Error::unsupported("a cache where there is no clock, as on wasm32-unknown-unknown"))
        }
    }

    pub(super) fn now(&self) -> Moment {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Asking for the time panics there.
const HAS_TIME: bool = cfg!(not(all(target_family = "wasm", target_os = "unknown")));

#[cfg(test)]
pub(super) mod manual {
    use std::sync::Mutex;

    use super::*;

    impl Clock {
        /// One that goes on a little whenever somebody looks.
        pub(in crate::cache) fn ticking(hands: &Hands) -> Self {
            let hands = hands.clone();
            Self(Arc::new(move || {
                hands.forward(Duration::from_nanos(1));
                hands.clock().now()
            }))
        }
    }

    /// Clocks that stand still until they are moved.
    #[derive(Clone)]
    pub(in crate::cache) struct Hands(Arc<Mutex<Moment>>);

    impl Hands {
        pub(in crate::cache) fn new() -> Self {
            let now = Moment { steady: Instant::now(), wall: SystemTime::now() };
            Self(Arc::new(Mutex::new(now)))
        }

        pub(in crate::cache) fn clock(&self) -> Clock {
            let hands = self.clone();
            Clock(Arc::new(move || *hands.0.lock().expect("no panic")))
        }

        pub(in crate::cache) fn forward(&self, time: Duration) {
            self.0.lock().expect("no panic").steady += time;
            self.sleep(time);
        }

        /// The time of a machine that sleeps.
        pub(in crate::cache) fn sleep(&self, time: Duration) {
            self.0.lock().expect("no panic").wall += time;
        }

        /// Somebody sets the clock on the wall back.
        pub(in crate::cache) fn set_back(&self, time: Duration) {
            self.0.lock().expect("no panic").wall -= time;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{manual::Hands, *};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_clock_that_says_more_is_believed() {
        let hands = Hands::new();
        let clock = hands.clock();
        let start = clock.now();
        let age = || clock.now().since(start);
        hands.forward(SECOND);
        assert_eq!(age(), SECOND);
        hands.sleep(SECOND);
        assert_eq!(age(), 2 * SECOND);
        hands.set_back(5 * SECOND);
        assert_eq!(age(), SECOND);
        hands.forward(SECOND);
        assert_eq!(age(), 2 * SECOND);
        // A time to come is no time ago.
        hands.sleep(5 * SECOND);
        assert_eq!(start.since(clock.now()), Duration::ZERO);
    }
}
