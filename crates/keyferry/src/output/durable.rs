//! Making what was written outlast a crash.

use std::{fs::File, io, path::Path};

/// Makes the names in a folder last, as far as the file system knows how to.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if has_no_sync(&error) => Ok(()),
        synced => synced,
    }
}

/// Whether there is nothing to sync, as with pipes and on some file systems.
pub(super) fn has_no_sync(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported)
}
