//! Files that are being written and have no name of their own yet.

use std::{fs::Permissions, io, os::unix::fs::PermissionsExt, path::Path};

use tempfile::NamedTempFile;

use crate::interrupt;

/// A file that has no name of its own yet, in this folder. A signal removes it.
pub(super) fn create_in(folder: &Path, mode: u32) -> io::Result<NamedTempFile> {
    interrupt::create(|| {
        tempfile::Builder::new()
            .prefix(UNFINISHED.0)
            .suffix(UNFINISHED.1)
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)
    })
}

/// The name of what a run has not finished, with this in it.
#[cfg(feature = "tencent-cos")]
pub(crate) fn name_of(id: &str) -> String {
    format!("{}{id}{}", UNFINISHED.0, UNFINISHED.1)
}

/// Whether it is a file that a run has not finished, or that a crash has left.
pub(crate) fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.starts_with(UNFINISHED.0.as_bytes()) && name.ends_with(UNFINISHED.1.as_bytes())
}

/// Whether it is the folder of a transfer that a run has not finished. Others may call theirs nearly so.
pub(crate) fn is_unfinished_transfer(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let id = name.strip_prefix(UNFINISHED.0.as_bytes());
    let id = id.and_then(|rest| rest.strip_suffix(UNFINISHED.1.as_bytes()));
    id.is_some_and(|id| id.len() == 32 && id.iter().all(u8::is_ascii_hexdigit))
}

/// How the names of unfinished files begin and end.
const UNFINISHED: (&str, &str) = (".keyferry-", ".partial");
