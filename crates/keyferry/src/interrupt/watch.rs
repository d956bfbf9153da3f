//! Commands that end in their own way when they are interrupted.

use std::{
    process,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
};

use super::INTERRUPTED;

static IS_WATCHED: AtomicBool = AtomicBool::new(false);
static CAME: AtomicBool = AtomicBool::new(false);

/// From now on the first signal is left to whoever asks whether it came. The second one ends the process.
pub(crate) fn start() {
    IS_WATCHED.store(true, SeqCst);
}

/// From now on the first signal ends the process again.
#[cfg(feature = "tencent-cos")]
pub(crate) fn stop() {
    IS_WATCHED.store(false, SeqCst);
}

/// Whether there was a signal.
pub(crate) fn came() -> bool {
    CAME.load(SeqCst)
}

/// Ends the process as a signal does.
pub(crate) fn end() -> ! {
    process::exit(INTERRUPTED)
}

/// Whether somebody will see to the signal that came.
pub(super) fn takes_it() -> bool {
    IS_WATCHED.load(SeqCst) && !CAME.swap(true, SeqCst)
}
