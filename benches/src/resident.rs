//! How much memory a process had at most.

use std::{fs, io};

/// The most that was resident so far, in KiB (`VmHWM` of Linux).
///
/// # Errors
///
/// If `/proc` does not say it.
pub fn peak() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse().ok()
        })
        .ok_or_else(|| io::Error::other("/proc/self/status has no VmHWM"))
}
