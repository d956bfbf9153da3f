//! The log of all calls.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// A call that a fake got, and what became of it.
pub(crate) trait Entry: Clone {
    /// Its line in the file, an object.
    fn line(&self) -> Value;
}

/// What becomes of calls when they are in the file, or would be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Memory {
    #[default]
    Keeps,
    Forgets,
}

/// All calls since the last look.
pub(crate) struct Log<C>(Mutex<Entries<C>>);

struct Entries<C> {
    calls: Vec<C>,
    memory: Memory,
    file: Option<File>,
}

impl<C: Entry> Log<C> {
    /// Writes into `path` as well, if there is one.
    pub(crate) fn new(memory: Memory, path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(private_file).transpose()?;
        Ok(Self(Mutex::new(Entries { calls: Vec::new(), memory, file })))
    }

    pub(crate) fn add(&self, call: C) {
        let mut entries = self.lock();
        if let Some(file) = &mut entries.file {
            // A log that cannot be written must not make the service fail.
            let _ = writeln!(file, "{}", call.line());
        }
        match entries.memory {
            Memory::Keeps => entries.calls.push(call),
            Memory::Forgets => {}
        }
    }

    pub(crate) fn calls(&self) -> Vec<C> {
        self.lock().calls.clone()
    }

    pub(crate) fn take(&self) -> Vec<C> {
        std::mem::take(&mut self.lock().calls)
    }
}

impl<C> Log<C> {
    fn lock(&self) -> MutexGuard<'_, Entries<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many, and nothing of what is in them.
impl<C> fmt::Debug for Log<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("calls", &self.lock().calls.len()).finish_non_exhaustive()
    }
}

/// Nobody else reads it: it will hold keys, if only those of the fake.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
