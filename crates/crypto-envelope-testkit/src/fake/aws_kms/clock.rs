//! What time it is.

use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
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
}
