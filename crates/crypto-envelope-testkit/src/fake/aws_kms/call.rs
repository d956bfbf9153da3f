//! The log of all calls.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

/// A call that the fake got, and what became of it.
///
/// It holds what went over the wire, and that is **plaintext and plaintext keys** of the fake: it is
/// for tests alone.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// The operation, as `Decrypt`; empty if none was named.
    pub operation: String,
    /// The Region in the credential scope; empty if there was none.
    pub region: String,
    /// The id of the access key; empty if there was none.
    pub access_key: String,
    /// The body of the request; a string, if it was no JSON.
    pub request: Value,
    /// The body of the answer as it was sent; a string, if it was no JSON, and null without one.
    pub response: Value,
    /// The code of the error in the answer.
    pub error: Option<String>,
    /// The [fault](crate::fake::http::Fault) that the call met.
    pub fault: Option<String>,
    /// The headers of the request.
    pub headers: Vec<(String, String)>,
}

impl Call {
    /// The first header of the request with this name, in whatever case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(given, _)| given.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// One line of the log file.
    fn json(&self) -> Value {
        json!({
            "op": self.operation,
            "region": self.region,
            "access_key": self.access_key,
            "request": self.request,
            "response": self.response,
            "error": self.error,
            "fault": self.fault,
            "user_agent": self.header("user-agent"),
        })
    }
}

/// Nobody else reads it: it will hold keys, if only those of the fake.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// All calls since the last look.
#[derive(Default)]
pub(super) struct Log(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    calls: Vec<Call>,
    file: Option<File>,
}

impl Log {
    /// Writes into `path` as well, if there is one.
    pub(super) fn new(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(private_file).transpose()?;
        Ok(Self(Mutex::new(Entries { calls: Vec::new(), file })))
    }

    pub(super) fn add(&self, call: Call) {
        let mut entries = self.lock();
        if let Some(file) = &mut entries.file {
            // A log that cannot be written must not make the service fail.
            let _ = writeln!(file, "{}", call.json());
        }
        entries.calls.push(call);
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    pub(super) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.lock().calls)
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many, and nothing of what is in them.
impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("calls", &self.lock().calls.len()).finish_non_exhaustive()
    }
}
