//! What time it is.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The time of this machine, or another one.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Option<SystemTime>>);

impl Clock {
    pub(super) fn set(&self, time: Option<SystemTime>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    pub(super) fn now(&self) -> SystemTime {
        let set = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        set.unwrap_or_else(SystemTime::now)
    }

    /// Seconds since 1970.
    pub(super) fn seconds(&self) -> f64 {
        self.seconds_after(Duration::ZERO)
    }

    /// Seconds since 1970, that much from now.
    pub(super) fn seconds_after(&self, wait: Duration) -> f64 {
        let now = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // The service answers with milliseconds.
        (now.saturating_add(wait).as_secs_f64() * 1000.0).round() / 1000.0
    }
}
