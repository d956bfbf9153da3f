//! Files that we made for ourselves.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// The folder that a file is in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether a file is one that we made for ourselves, and that nobody else could have written.
///
/// # Errors
///
/// What is wrong.
pub fn check_own(file: &File) -> Result<(), &'static str> {
    let metadata = file.metadata().map_err(|_| "it cannot be looked at")?;
    if !metadata.is_file() {
        return Err("it is no regular file");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err("it belongs to somebody else");
        }
        if metadata.permissions().mode() & 0o077 != 0 || metadata.nlink() != 1 {
            return Err("others may read or write it: remove it");
        }
    }
    Ok(())
}

/// Waits until nobody else has a file, but not longer than this.
///
/// # Errors
///
/// [`io::ErrorKind::WouldBlock`] if somebody has it still; if it cannot be locked.
pub fn lock_within(file: &File, longest: Duration) -> io::Result<()> {
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if since.elapsed() < longest => thread::sleep(PAUSE),
            outcome => return outcome.map_err(io::Error::from),
        }
    }
}

/// Whether an open file is still the one of this name.
///
/// # Errors
///
/// If it cannot be looked at.
pub fn is_named(file: &File, path: &Path) -> io::Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(named) => Ok(identity(&named) == identity(&file.metadata()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The same for all names of a file: device and inode. None where there are no such.
#[must_use]
pub fn identity(metadata: &std::fs::Metadata) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// What we made is no link. One in its place leads where somebody else wants.
pub fn follow_no_link(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        let flags = rustix::fs::OFlags::NOFOLLOW.bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.cast_signed());
    }
    #[cfg(not(unix))]
    let _ = options;
}

/// How the names of files that are not complete begin and end.
pub const UNFINISHED: (&str, &str) = (".crypto-envelope-", ".partial");
/// Between two tries to lock a file.
const PAUSE: Duration = Duration::from_millis(10);
