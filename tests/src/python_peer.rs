//! A Python process that answers requests: a vendor's own SDK.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::vectors::Result;

/// A running peer. It ends when it is dropped.
#[derive(Debug)]
pub struct PythonPeer {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl PythonPeer {
    /// Starts `tests/interop/PROJECT/peer.py` with the Python that `cargo xtask test` prepared.
    ///
    /// # Errors
    ///
    /// If `CRYPTO_ENVELOPE_PYTHON` is not set, or the process does not start.
    pub fn start(project: &str) -> Result<Self> {
        let python = env::var_os("CRYPTO_ENVELOPE_PYTHON")
            .ok_or("CRYPTO_ENVELOPE_PYTHON is not set: run `cargo xtask test`")?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(project);
        let mut child = Command::new(python)
            .arg(script.join("peer.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self { child, requests, answers })
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    ///
    /// If the peer answers with an error, or not at all.
    pub fn ask(&mut self, request: &Value) -> Result<Value> {
        let requests = self.requests.as_mut().ok_or("the peer was stopped")?;
        writeln!(requests, "{request}")?;
        requests.flush()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the peer ended without an answer".into());
        }
        let answer: Value = serde_json::from_str(&line)?;
        if answer["ok"] == true {
            Ok(answer)
        } else {
            Err(answer["error"].as_str().unwrap_or("no reason given").to_owned().into())
        }
    }
}

impl Drop for PythonPeer {
    fn drop(&mut self) {
        // Its input ends, so it ends too.
        drop(self.requests.take());
        // Nothing can be done if it does not.
        let _ = self.child.wait();
    }
}
