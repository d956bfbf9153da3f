//! How long to wait, and for what.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout_at};

use crate::NoAnswer;

/// How long to wait, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// For all of an answer.
    Whole(Duration),
    /// As long as nothing moves: no more of the request is taken, and no more of the answer comes.
    Step(Duration),
}

impl Patience {
    pub(crate) fn duration(self) -> Duration {
        match self {
            Self::Whole(duration) | Self::Step(duration) => duration,
        }
    }
}

/// Whether an attempt still goes on.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    patience: Patience,
    since: Arc<Mutex<Instant>>,
}

impl Watch {
    pub(crate) fn start(patience: Patience) -> Self {
        Self { patience, since: Arc::new(Mutex::new(Instant::now())) }
    }

    /// Something moved.
    pub(crate) fn moved(&self) {
        if matches!(self.patience, Patience::Step(_)) {
            *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
    }

    /// What comes of `work`, unless it takes too long.
    pub(crate) async fn over<T>(
        &self,
        work: impl Future<Output = Result<T, NoAnswer>>,
    ) -> Result<T, NoAnswer> {
        let mut work = pin!(work);
        loop {
            let deadline = self.deadline();
            match timeout_at(deadline, &mut work).await {
                Ok(outcome) => return outcome,
                Err(_) if self.deadline() > deadline => {}
                Err(_) => return Err(NoAnswer::timed_out()),
            }
        }
    }

    fn deadline(&self) -> Instant {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let duration = self.patience.duration();
        since.checked_add(duration).unwrap_or_else(|| since + FOR_EVER)
    }
}

#[cfg(test)]
impl Default for Watch {
    fn default() -> Self {
        Self::start(Patience::Whole(Duration::MAX))
    }
}

/// As long as clocks can count.
const FOR_EVER: Duration = Duration::from_hours(24 * 365 * 30);
