//! Ctrl-C and friends: nothing half-written stays.

use std::{
    fs, io,
    path::PathBuf,
    process,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tempfile::NamedTempFile;

use crate::failure::{Code, Failure};

/// The file that is being written and has no name of its own yet.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// From now on a signal that ends the process removes the unfinished file first.
pub(crate) fn install() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        // The lock is kept to the end: the file can be removed or renamed, never both.
        let unfinished = lock();
        if let Some(path) = unfinished.as_ref() {
            // Nothing else can be done about it now.
            let _ = fs::remove_file(path);
        }
        process::exit(INTERRUPTED);
    })
    .map_err(|error| Failure::new(Code::Internal, format!("cannot handle signals: {error}")))
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

const INTERRUPTED: i32 = 130;
