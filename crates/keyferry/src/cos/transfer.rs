//! Where it is written down how far a transfer is.

use std::{
    fs::DirBuilder,
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{failure::Failure, local_keys::Store, report, report::Format, text::hex};

/// A transfer that the same command goes on with.
#[derive(Clone, Debug)]
pub(super) struct Resumable {
    pub(super) record: PathBuf,
    /// What tells it from others, in hexadecimal digits.
    pub(super) id: String,
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
        Ok(Self { record: folder.join(&id), id })
    }

    /// Tells people if an earlier run has begun it.
    pub(super) fn tell(&self, format: Format) {
        if format == Format::Text && self.record.exists() {
            report::say("an earlier run was interrupted: going on where it was");
        }
    }
}

/// The same for all names of a file that is there.
pub(super) fn identity_of(path: &Path) -> String {
    let path = path.canonicalize().or_else(|_| std::path::absolute(path));
    path.unwrap_or_default().as_os_str().to_string_lossy().into_owned()
}
