//! What time it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time of this machine, or another one.
#[derive(Debug, Default)]
pub(crate) struct Clock(Option<SystemTime>);

impl Clock {
    pub(crate) fn set(&mut self, time: Option<SystemTime>) {
        self.0 = time;
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.0.unwrap_or_else(SystemTime::now)
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(&self) -> f64 {
        self.seconds_after(Duration::ZERO)
    }

    /// Seconds since 1970, that much from now.
    pub(crate) fn seconds_after(&self, wait: Duration) -> f64 {
        let now = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // The service answers with milliseconds.
        (now.saturating_add(wait).as_secs_f64() * 1000.0).round() / 1000.0
    }
}
