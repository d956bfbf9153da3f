//! Processor time.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What this process has used since it began, of the user and of the system, on all cores.
pub(super) fn spent() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // Neither is ever negative.
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::{hint::black_box, time::Instant};

    use super::*;

    #[test]
    fn work_takes_time_and_sleep_takes_none() {
        let (before, start) = (spent(), Instant::now());
        while start.elapsed() < Duration::from_millis(50) || spent() == before {
            black_box(before);
        }
        assert!(spent() > before);
    }
}
