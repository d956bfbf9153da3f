//! What time it is, also for tests.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{Error, Result};

/// Gives the time of the system, or what a test says.
#[derive(Clone)]
pub(super) struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    /// The clock of the system, where it has one.
    pub(super) fn of_system() -> Result<Self> {
        if HAS_TIME {
            Ok(Self(Arc::new(Instant::now)))
        } else {
            Err(Error::unsupported("a cache where there is no clock, as on wasm32-unknown-unknown"))
        }
    }

    pub(super) fn now(&self) -> Instant {
        (self.0)()
    }

    /// How long ago that was.
    pub(super) fn since(&self, earlier: Instant) -> Duration {
        self.now().saturating_duration_since(earlier)
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

    /// A clock that stands still until it is moved.
    #[derive(Clone)]
    pub(in crate::cache) struct Hands(Arc<Mutex<Instant>>);

    impl Hands {
        pub(in crate::cache) fn new() -> Self {
            Self(Arc::new(Mutex::new(Instant::now())))
        }

        pub(in crate::cache) fn clock(&self) -> Clock {
            let hands = self.clone();
            Clock(Arc::new(move || *hands.0.lock().expect("no panic")))
        }

        pub(in crate::cache) fn forward(&self, time: Duration) {
            *self.0.lock().expect("no panic") += time;
        }
    }
}
