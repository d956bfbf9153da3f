//! Records of transfers of bytes as they are: a line for what the transfer is, and one for each part that is
//! done.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

use crate::failure::{Code, Failure};

/// A record that no other process has open.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: Mutex<File>,
}

/// What an earlier run has written.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    pub(super) start: Value,
    /// The parts that are done, with what was written of them.
    pub(super) parts: Vec<(u32, String)>,
}

impl Log {
    /// Opens it, or makes an empty one. What is damaged counts as not written.
    pub(super) fn open(path: &Path) -> Result<(Self, Earlier), Failure> {
        let cannot = |error: io::Error| {
            Failure::io(format!("cannot use the record {}", path.display()), &error)
        };
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let what = format!("another process is at the transfer of {}", path.display());
                return Err(Failure::new(Code::Internal, what));
            }
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
        }
        let (earlier, length) = Earlier::read(&file).map_err(cannot)?;
        // What a crash left of a line would spoil the next one.
        file.set_len(length).and_then(|()| file.seek(SeekFrom::End(0))).map_err(cannot)?;
        Ok((Self { path: path.to_owned(), file: Mutex::new(file) }, earlier))
    }

    /// Begins anew.
    pub(super) fn start(&self, start: &Value) -> Result<(), Failure> {
        let emptied = {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0)))
        };
        emptied.map_err(|error| self.cannot(&error))?;
        self.add(start)
    }

    /// Another part is done.
    pub(super) fn done(&self, number: u32, what: &str) -> Result<(), Failure> {
        self.add(&json!([number, what]))
    }

    /// Nothing is left to go on with.
    pub(super) fn remove(self) -> Result<(), Failure> {
        fs::remove_file(&self.path).map_err(|error| self.cannot(&error))
    }

    fn add(&self, line: &Value) -> Result<(), Failure> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.write_all(format!("{line}\n").as_bytes());
        written.and_then(|()| file.sync_data()).map_err(|error| self.cannot(&error))
    }

    fn cannot(&self, error: &io::Error) -> Failure {
        Failure::io(format!("cannot use the record {}", self.path.display()), error)
    }
}

impl Earlier {
    /// Up to the first line that is not whole, and how long that is.
    fn read(file: &File) -> io::Result<(Self, u64)> {
        let mut reader = BufReader::new(io::Read::take(file, LONGEST));
        let (mut earlier, mut length, mut line) = (Self::default(), 0, String::new());
        loop {
            line.clear();
            let read = match reader.read_line(&mut line) {
                Err(error) if error.kind() == io::ErrorKind::InvalidData => 0,
                read => read?,
            };
            if !line.ends_with('\n') || !earlier.take(&line) {
                return Ok((earlier, length));
            }
            length += read as u64;
        }
    }

    fn take(&mut self, line: &str) -> bool {
        let Ok(value) = serde_json::from_str::<Value>(line) else { return false };
        if self.start.is_null() {
            self.start = value;
            return self.start.is_object();
        }
        let number = value[0].as_u64().and_then(|number| u32::try_from(number).ok());
        let part = number.zip(value[1].as_str());
        self.parts.extend(part.map(|(number, what)| (number, what.to_owned())));
        part.is_some()
    }
}

/// In bytes: more than lines for 10000 parts have.
const LONGEST: u64 = 8 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crash_cut_short_was_never_written() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("record");
        for (rest, parts) in
            [("", 1), ("[2,", 1), ("[2,\"b\"]", 1), ("[2,\"b\"]\n", 2), ("[2,3]\n", 1), ("\n", 1)]
        {
            fs::write(&path, format!("{{\"a\":1}}\n[1,\"a\"]\n{rest}"))?;
            let (log, earlier) = Log::open(&path)?;
            assert_eq!((earlier.parts.len(), &earlier.start["a"]), (parts, &json!(1)), "{rest:?}");
            assert!(Log::open(&path).is_err_and(|failure| failure.text().contains("process")));
            log.done(9, "z")?;
            drop(log);
            let (_, earlier) = Log::open(&path)?;
            assert_eq!(earlier.parts.len(), parts + 1, "{rest:?}");
        }
        fs::write(&path, "[1,\"a\"]\n")?;
        assert!(Log::open(&path)?.1.parts.is_empty());
        Ok(())
    }
}
