//! How much of the processor a process had.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What this process has used since it began, on all cores, of user and system, in seconds.
#[must_use]
pub fn seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // Neither is ever negative.
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default()).as_secs_f64()
}
