//! Files that are uploaded and downloaded.

use std::{
    fmt,
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crypto_envelope_transfer::{Existing, Naming, Permissions};

/// A file to upload, or to download to.
#[derive(Clone)]
#[must_use]
pub struct FileTransfer {
    pub(super) path: PathBuf,
    pub(super) record: Option<PathBuf>,
    pub(super) naming: Naming,
    /// The source, if it is open already.
    pub(super) file: Option<Arc<File>>,
    progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

impl FileTransfer {
    /// The file with this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let naming =
            Naming { existing: Existing::Overwritten, permissions: Permissions::OwnerAlone };
        Self { path: path.into(), record: None, naming, file: None, progress: None }
    }

    /// An upload reads this open file, from its front to its end, whatever has its path by now: the path is for
    /// errors. A download takes no notice.
    pub fn opened(mut self, file: File) -> Self {
        self.file = Some(Arc::new(file));
        self
    }

    /// Can be gone on with after it was interrupted, also by another process: with the same record, the
    /// same file and the same object. What is needed for that is written to this file, which only its owner can
    /// read and which holds wrapped keys alone; it is removed when the transfer is complete.
    ///
    /// Without a record, what was uploaded of a transfer that fails is removed.
    pub fn resumable(mut self, record: impl Into<PathBuf>) -> Self {
        self.record = Some(record.into());
        self
    }

    /// A download replaces no file: if there is one by then, it fails, and what was fetched of it stays with its
    /// record. Default: it takes the place of what is there.
    pub fn forbid_overwrite(mut self) -> Self {
        self.naming.existing = Existing::Kept;
        self
    }

    /// A download may be read by whom the umask says, as any new file, from when it is complete. Default: by its
    /// owner alone.
    pub fn default_permissions(mut self) -> Self {
        self.naming.permissions = Permissions::Default;
        self
    }

    /// Told how far it is, on whatever thread. It must not take long.
    pub fn on_progress(mut self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Counts up to `total` bytes of plaintext.
    pub(super) fn meter(&self, total: Option<u64>) -> Meter {
        Meter { done: AtomicU64::new(0), total, progress: self.progress.clone() }
    }
}

impl fmt::Debug for FileTransfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileTransfer")
            .field("path", &self.path)
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes of plaintext that are where they belong, also by an attempt before.
    pub done: u64,
    /// All of them, if that is known.
    pub total: Option<u64>,
}

/// Tells how far a transfer is.
pub(super) struct Meter {
    done: AtomicU64,
    total: Option<u64>,
    progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

impl Meter {
    pub(super) fn add(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if let Some(progress) = &self.progress {
            progress(Progress { done, total: self.total });
        }
    }
}
