//! Files to read from and to write to.

use std::{
    fs::{File, OpenOptions},
    io::{Result, Write},
};

/// A file without a name, so long and in the page cache.
///
/// # Errors
///
/// If there is no room for it.
pub fn of_length(length: u64) -> Result<File> {
    let mut file = tempfile::tempfile()?;
    let piece = vec![0xA5; 1 << 20];
    for _ in 0..length.div_ceil(piece.len() as u64) {
        file.write_all(&piece)?;
    }
    Ok(file)
}

/// A file that takes everything and keeps nothing.
///
/// # Errors
///
/// If the system has none.
pub fn null() -> Result<File> {
    OpenOptions::new().write(true).open("/dev/null")
}
