//! Files that a transfer can be gone on with, in another process.
//!
//! The first line says what the transfer is, and each further one what became of a part of it. A line counts once
//! it is on the disk, so one that a crash cut short is as if it was never written.

use std::{
    error::Error as StdError,
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

use crate::own::{UNFINISHED, check_own, folder_of, follow_no_link, is_named, lock_within};

/// A record that is open, and that no other process has open.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    file: File,
    /// Of its whole lines, in bytes.
    length: u64,
    /// Set once a line could not be written: what follows it would not be read.
    is_spoilt: bool,
}

/// What stands in a record.
#[derive(Debug)]
#[non_exhaustive]
pub struct Content {
    /// What the transfer is.
    pub start: Value,
    /// What became of it, in order.
    pub lines: Vec<Value>,
}

/// Why a record cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordError {
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

impl RecordError {
    /// About this record.
    #[must_use]
    pub fn new(path: &Path, what: &str) -> Self {
        Self { path: path.to_owned(), what: what.to_owned() }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the record {}: {}", self.path.display(), self.what)
    }
}

impl StdError for RecordError {}

type Result<T> = std::result::Result<T, RecordError>;

impl Record {
    /// Makes a new one, which only its owner can read. It appears with its first line in it, or not at all.
    ///
    /// # Errors
    ///
    /// If there is a file of this name, or none can be made.
    pub fn create(path: &Path, kind: &str, start: &Value) -> Result<Self> {
        let failed = |error| RecordError::new(path, &format!("it cannot be made: {error}"));
        let directory = folder_of(path);
        let mut file = tempfile::Builder::new()
            .prefix(UNFINISHED.0)
            .suffix(UNFINISHED.1)
            .tempfile_in(directory)
            .map_err(failed)?;
        lock(path, file.as_file())?;
        let first = json!({"record": kind, "version": VERSION, "start": start});
        let length = write_line(file.as_file_mut(), &first).map_err(failed)?;
        let file = file.persist_noclobber(path).map_err(|error| failed(error.error))?;
        // Without the name on the disk too there is no record after a crash.
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, length, is_spoilt: false })
    }

    /// Opens one that is there, and that nobody else could have written. None if there is none.
    ///
    /// # Errors
    ///
    /// If it is not ours, another process has it open, or it is no record of this kind. It waits for another process for a
    /// second.
    pub fn open(path: &Path, kind: &str) -> Result<Option<(Self, Content)>> {
        let failed = |error| RecordError::new(path, &format!("it cannot be read: {error}"));
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        follow_no_link(&mut options);
        let file = match options.open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        check_own(&file).map_err(|what| RecordError::new(path, what))?;
        lock(path, &file)?;
        if !is_named(&file, path).map_err(failed)? {
            // Whoever had it has ended meanwhile.
            return Self::open(path, kind);
        }
        let mut bytes = Vec::new();
        (&file).take(LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > LONGEST {
            return Err(RecordError::new(path, "it is longer than any record"));
        }
        let content = Content::parse(path, &bytes, kind)?;
        // What a crash left of a line would spoil the next one.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let length = whole as u64;
        let mut record = Self { path: path.to_owned(), file, length, is_spoilt: false };
        record.file.set_len(length).map_err(failed)?;
        record.file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Some((record, content)))
    }

    /// Adds a line, which is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or one before could not.
    pub fn add(&mut self, line: &Value) -> Result<()> {
        let failed = |what: &str| RecordError::new(&self.path, what);
        if self.is_spoilt {
            return Err(failed("it could not be written before"));
        }
        match write_line(&mut self.file, line) {
            Ok(length) => {
                self.length += length;
                Ok(())
            }
            Err(error) => {
                self.is_spoilt = true;
                // Half a line does no harm at the end, which this makes sure of if it can.
                let _ = self.file.set_len(self.length);
                Err(failed(&format!("it cannot be written: {error}")))
            }
        }
    }

    /// There is nothing more to go on with.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    pub fn remove(self) -> Result<()> {
        let removed = std::fs::remove_file(&self.path);
        removed.map_err(|error| {
            RecordError::new(&self.path, &format!("it cannot be removed: {error}"))
        })
    }
}

impl Content {
    /// What stands in the bytes of a record; `path` is for errors.
    ///
    /// # Errors
    ///
    /// If they are no record of this kind.
    pub fn parse(path: &Path, bytes: &[u8], kind: &str) -> Result<Self> {
        let damaged = |what| RecordError::new(path, what);
        // A last line without an end was never finished.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut lines = bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let value = |line: &[u8]| {
            serde_json::from_slice::<Value>(line).map_err(|_| damaged("a line of it is damaged"))
        };
        let mut first = value(lines.next().ok_or_else(|| damaged("it is empty"))?)?;
        if first["record"] != kind {
            return Err(damaged(&format!("it is not the record of {kind}")));
        }
        if first["version"] != VERSION {
            return Err(damaged("it is of another version of this program"));
        }
        Ok(Self { start: first["start"].take(), lines: lines.map(value).collect::<Result<_>>()? })
    }
}

/// Returns how long the line is.
fn write_line(file: &mut File, line: &Value) -> io::Result<u64> {
    // At once, so that no other line can get in between.
    let line = format!("{line}\n");
    file.write_all(line.as_bytes())?;
    file.sync_data()?;
    Ok(line.len() as u64)
}

/// Waits a moment: a transfer that was just dropped may still be writing its last line.
fn lock(path: &Path, file: &File) -> Result<()> {
    lock_within(file, LONGEST_WAIT).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => RecordError::new(path, "another transfer is at it"),
        _ => RecordError::new(path, &format!("it cannot be locked: {error}")),
    })
}

const VERSION: u64 = 1;
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// In bytes: more than two lines for each of 10000 parts have.
const LONGEST: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    type TestResult = std::result::Result<(), Box<dyn StdError>>;

    fn is_refused<T>(outcome: &Result<T>) -> bool {
        outcome.is_err()
    }

    fn open(path: &Path) -> Result<Content> {
        Ok(Record::open(path, "an upload")?.expect("it is there").1)
    }

    #[test]
    fn what_was_written_is_there_again() -> TestResult {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        assert!(Record::open(&path, "an upload")?.is_none());
        let mut record = Record::create(&path, "an upload", &json!({"key": "a"}))?;
        record.add(&json!({"part": 1}))?;
        drop(record);
        let (mut record, _) = Record::open(&path, "an upload")?.expect("it is there");
        record.add(&json!({"part": 2}))?;
        drop(record);
        let content = open(&path)?;
        assert_eq!(content.start, json!({"key": "a"}));
        assert_eq!(content.lines, [json!({"part": 1}), json!({"part": 2})]);
        let (record, _) = Record::open(&path, "an upload")?.expect("it is there");
        record.remove()?;
        assert!(Record::open(&path, "an upload")?.is_none());
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_owner_alone() -> TestResult {
        use std::os::unix::fs::PermissionsExt;
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        let _record = Record::create(&path, "an upload", &json!({}))?;
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path())?.count(), 1);
        Ok(())
    }

    #[test]
    fn a_line_without_an_end_is_none() -> TestResult {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        let mut record = Record::create(&path, "an upload", &json!({}))?;
        record.add(&json!({"part": 1}))?;
        drop(record);
        let whole = fs::read(&path)?;
        let first = whole.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
        for end in first..whole.len() {
            fs::write(&path, &whole[..end])?;
            let (mut record, content) = Record::open(&path, "an upload")?.expect("it is there");
            assert_eq!(content.lines, [] as [Value; 0], "{end}");
            record.add(&json!({"part": 2}))?;
            drop(record);
            assert_eq!(open(&path)?.lines, [json!({"part": 2})], "{end}");
        }
        for end in 0..first {
            fs::write(&path, &whole[..end])?;
            assert!(is_refused(&open(&path)), "{end}");
        }
        Ok(())
    }

    #[test]
    fn others_are_refused() -> TestResult {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        for text in [
            "\n",
            "{}\n",
            "no json\n",
            "{\"record\":\"a download\",\"version\":1,\"start\":{}}\n",
            "{\"record\":\"an upload\",\"version\":2,\"start\":{}}\n",
            "{\"record\":\"an upload\",\"version\":1,\"start\":{}}\nno json\n",
        ] {
            fs::write(&path, text)?;
            assert!(is_refused(&open(&path)), "{text}");
        }
        let existing = Record::create(&path, "an upload", &json!({}));
        assert!(is_refused(&existing));
        Ok(())
    }

    #[test]
    fn only_one_at_a_time() -> TestResult {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        let record = Record::create(&path, "an upload", &json!({}))?;
        assert!(is_refused(&open(&path)));
        drop(record);
        open(&path)?;
        Ok(())
    }
}
