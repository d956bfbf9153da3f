//! Transfers of files that can be interrupted, and where it is written down how far they are.

use std::{
    fs::DirBuilder,
    future::Future,
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use crypto_envelope::{Error, blocking, service};
use crypto_envelope_tencent_cos::{FileTransfer, WrittenObject};
use sha2::{Digest, Sha256};

use crate::{
    failure::Failure,
    interrupt::watch,
    local_keys::Store,
    output::{Decision, exists},
    progress::Shown,
    report,
    report::Format,
    text::hex,
};

/// A transfer that the same command goes on with.
#[derive(Clone, Debug)]
pub(super) struct Resumable {
    record: PathBuf,
}

impl Resumable {
    /// Of all that tells it from others.
    pub(super) fn new(identity: &[String]) -> Result<Self, Failure> {
        let mut hash = Sha256::new();
        for part in identity {
            // With its length, so that no other parts give the same.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let id = hex(&hash.finalize());
        let folder = Store::of_user()?.folder().join("transfers");
        let cannot =
            |error: io::Error| Failure::io(format!("cannot make {}", folder.display()), &error);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(cannot)?;
        Ok(Self { record: folder.join(id) })
    }

    /// The same with this file. Tells people if an earlier run has begun it.
    pub(super) fn of(&self, file: FileTransfer, format: Format) -> FileTransfer {
        if format == Format::Text && self.record.exists() {
            report::say("an earlier run was interrupted: going on where it was");
        }
        file.resumable(&self.record)
    }
}

/// Runs a transfer. After a signal it is dropped, and the process ends when nothing is left of it but what the
/// same command goes on with.
pub(super) fn run<T>(
    resumable: Option<&Resumable>,
    transfer: impl Future<Output = crypto_envelope::Result<T>>,
) -> crypto_envelope::Result<T> {
    watch::start();
    let outcome = blocking::wait(async { watch::unless_it_comes(transfer).await.transpose() });
    watch::stop();
    if let Some(done) = outcome? {
        return Ok(done);
    }
    // Where it ran, it is dropped before this has its turn.
    let _ = blocking::wait(service::run(async {}));
    if resumable.is_some_and(|transfer| transfer.record.exists()) {
        report::say("interrupted: the same command goes on where it was");
    }
    watch::end()
}

/// Told how far it is.
pub(super) fn shown(file: FileTransfer, shown: Shown) -> FileTransfer {
    file.on_progress(move |progress| shown.set(progress.done, progress.total))
}

/// Over which files a download may be.
pub(super) fn deciding(file: FileTransfer, decision: Decision) -> FileTransfer {
    match decision {
        Decision::Replace => file,
        Decision::Create | Decision::Skip => file.forbid_overwrite(),
    }
}

/// Why there is no file of this name.
pub(super) fn no_file(error: Error, path: &Path, about: impl FnOnce(Error) -> Failure) -> Failure {
    match error {
        Error::Io(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            exists(&path.display().to_string())
        }
        error => about(error),
    }
}

/// The entity tag of an object, as people write it.
pub(super) fn etag_of(written: &WrittenObject) -> String {
    written.etag.unquoted().to_owned()
}

/// The same for all names of a file that is there.
pub(super) fn identity_of(path: &Path) -> String {
    let path = path.canonicalize().or_else(|_| std::path::absolute(path));
    path.unwrap_or_default().as_os_str().to_string_lossy().into_owned()
}
