//! Transfers with a service that can be interrupted, and where it is written down how far they are.

use std::{
    fs::DirBuilder,
    future::Future,
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use crypto_envelope::{Error, blocking, service};
use sha2::{Digest, Sha256};

use crate::{
    failure::Failure,
    interrupt::watch,
    local_keys::Store,
    output::exists,
    report::{self, Format},
    text::hex,
};

/// What a transfer becomes.
pub(crate) trait Outcome: Future<Output = crypto_envelope::Result<Self::Done>> {
    type Done;
}

impl<F: Future<Output = crypto_envelope::Result<T>>, T> Outcome for F {
    type Done = T;
}

/// Runs a transfer. After a signal it is dropped, and the process ends when nothing is left of it but what the
/// same command goes on with, by its record.
pub(crate) fn run<F: Outcome>(
    record: Option<&Path>,
    transfer: F,
) -> crypto_envelope::Result<F::Done> {
    watch::start();
    let outcome = blocking::wait(async { watch::unless_it_comes(transfer).await.transpose() });
    if let Some(outcome) = outcome.transpose() {
        watch::stop();
        return outcome;
    }
    // Files that are not complete are removed, and uploads that nobody goes on with.
    let _ = blocking::wait(async {
        service::settled().await;
        Ok(())
    });
    if record.is_some_and(Path::exists) {
        report::say("interrupted: the same command goes on where it was");
    }
    watch::end()
}

/// Where it is written down how far `command` is with a file. `object` is what tells it from what else this command
/// does with that file. Tells people if an earlier run has begun it.
pub(crate) fn record_of(
    command: &str,
    path: &Path,
    object: impl IntoIterator<Item = String>,
    format: Format,
) -> Result<PathBuf, Failure> {
    let record = record_called([command.to_owned(), identity_of(path)].into_iter().chain(object))?;
    if format == Format::Text && record.exists() {
        report::say("an earlier run was interrupted: going on where it was");
    }
    Ok(record)
}

/// By all that tells a transfer from others.
fn record_called(identity: impl Iterator<Item = String>) -> Result<PathBuf, Failure> {
    let mut hash = Sha256::new();
    for part in identity {
        // With its length, so that no other parts give the same.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let folder = Store::of_user()?.folder().join("transfers");
    let cannot =
        |error: io::Error| Failure::io(format!("cannot make {}", folder.display()), &error);
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(cannot)?;
    Ok(folder.join(hex(&hash.finalize())))
}

/// Why there is no file of this name now, or another than what was to be there.
pub(crate) fn failure_of_download(error: Error, path: &Path, source: &str) -> Failure {
    match error {
        Error::Io(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            exists(&path.display().to_string())
        }
        error => Failure::of_message(error, source),
    }
}

/// The same for all names of a file that is there.
fn identity_of(path: &Path) -> String {
    let path = path.canonicalize().or_else(|_| std::path::absolute(path));
    path.unwrap_or_default().as_os_str().to_string_lossy().into_owned()
}
