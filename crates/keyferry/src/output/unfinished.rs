//! Files that are being written and have no name of their own yet.

use std::{fs::Permissions, io, os::unix::fs::PermissionsExt, path::Path};

use tempfile::NamedTempFile;

use crate::interrupt;

/// A file that has no name of its own yet, in this folder. A signal removes it.
pub(super) fn create_in(folder: &Path, mode: u32) -> io::Result<NamedTempFile> {
    interrupt::create(|| {
        tempfile::Builder::new()
            .prefix(OURS)
            .suffix(END)
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)
    })
}

/// Whether it is a file that a run has not finished, or that a crash has left.
pub(crate) fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let is_ours = [OURS, OF_TRANSFERS].into_iter().any(|start| name.starts_with(start.as_bytes()));
    is_ours && name.ends_with(END.as_bytes())
}

/// How the names of unfinished files begin.
const OURS: &str = ".keyferry-";
/// The same of those that come from COS.
const OF_TRANSFERS: &str = ".crypto-envelope-";
/// How they end.
const END: &str = ".partial";
