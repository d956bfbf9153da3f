//! Commands that end in their own way when they are interrupted.

#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};
use std::{
    process,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Waker,
    time::{Duration, Instant},
};

use super::INTERRUPTED;

static IS_WATCHED: AtomicBool = AtomicBool::new(false);
/// When the first one did.
static CAME: OnceLock<Instant> = OnceLock::new();
/// Who waits for it.
static WAITING: Mutex<Option<Waker>> = Mutex::new(None);

/// From now on the first signal is left to whoever asks whether it came. A later one ends the process.
pub(crate) fn start() {
    IS_WATCHED.store(true, SeqCst);
}

/// From now on the first signal ends the process again.
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
pub(crate) fn stop() {
    IS_WATCHED.store(false, SeqCst);
}

/// Whether there was a signal.
pub(crate) fn came() -> bool {
    CAME.get().is_some()
}

/// Ends the process as a signal does.
pub(crate) fn end() -> ! {
    process::exit(INTERRUPTED)
}

/// What `work` gives, or none if there is a signal first. Then `work` is dropped.
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
pub(crate) async fn unless_it_comes<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| {
        *waiting() = Some(context.waker().clone());
        match work.as_mut().poll(context) {
            Poll::Pending if came() => Poll::Ready(None),
            polled => polled.map(Some),
        }
    })
    .await
}

/// Whether somebody will see to the signal that came.
pub(super) fn takes_it() -> bool {
    // Whoever ends a process may send it several, and mean one.
    let is_taken = IS_WATCHED.load(SeqCst) && CAME.get_or_init(Instant::now).elapsed() < AT_ONCE;
    if is_taken && let Some(waker) = waiting().take() {
        waker.wake();
    }
    is_taken
}

fn waiting() -> MutexGuard<'static, Option<Waker>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What comes together is one.
const AT_ONCE: Duration = Duration::from_secs(1);
