//! Ctrl-C and friends: nothing half-written stays.

#[cfg_attr(
    not(any(feature = "alibaba-kms", feature = "s3-sse-c", feature = "tencent-cos")),
    expect(dead_code, reason = "for keys in a service, and objects in clouds")
)]
pub(crate) mod watch;

use std::{
    fs, io,
    path::PathBuf,
    process,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use signal_hook::{
    consts::{
        SIGALRM, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU,
        SIGXFSZ,
    },
    flag,
    iterator::Signals,
};
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// A file that has no name of its own yet.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// From now on a signal that ends the process removes the unfinished file first. Signals that
/// whoever started us wants ignored, as `nohup` does, stay ignored.
pub(crate) fn install() -> Result<(), Failure> {
    let ignored = ignored_signals();
    let ours = FATAL.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let cannot = |error: io::Error| Failure::io("cannot handle signals", &error);
    let mut signals = Signals::new(ours).map_err(cannot)?;
    // A file that grows too large is then an error of the write, and not the end.
    flag::register(SIGXFSZ, Arc::default()).map_err(cannot)?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if watch::takes_it() {
                continue;
            }
            // The lock is kept to the end: the file can be removed or renamed, never both.
            let unfinished = lock();
            if let Some(path) = unfinished.as_ref() {
                // Nothing else can be done about it now.
                let _ = fs::remove_file(path);
            }
            process::exit(INTERRUPTED);
        }
    });
    Ok(())
}

/// One bit for each signal, from `/proc`; none where there is no such thing.
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Creates a file with signals held off; from now on a signal removes it.
pub(crate) fn create(
    create: impl FnOnce() -> io::Result<NamedTempFile>,
) -> io::Result<NamedTempFile> {
    let mut unfinished = lock();
    let file = create()?;
    *unfinished = Some(file.path().to_owned());
    Ok(file)
}

/// Runs `finish`, which gives the file its name or removes it, with signals held off.
pub(crate) fn release<T>(finish: impl FnOnce() -> T) -> T {
    let mut unfinished = lock();
    let result = finish();
    *unfinished = None;
    result
}

fn lock() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What ends a process unless it does something about it, and can be caught.
const FATAL: [i32; 10] =
    [SIGALRM, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU];
const INTERRUPTED: i32 = 130;
