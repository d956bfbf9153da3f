//! Processes that a launcher of `interop/servers` starts, and takes along.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    peer::{clean_python, prepared, script},
    vectors::Result,
};

/// A launcher that did not start yet.
#[derive(Debug)]
pub(crate) struct Launch {
    /// To be given its arguments.
    pub(crate) command: Command,
    folder: TempDir,
}

impl Launch {
    /// A script of `interop/servers` that runs something in a folder of its own.
    pub(crate) fn of(name: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = clean_python(SERVERS)?;
        command.arg(script("servers").join(name)).arg(folder.path());
        command.current_dir(folder.path()).env("TMPDIR", folder.path());
        Ok(Self { command, folder })
    }

    /// Where it will run and leave its files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it, and waits until what it starts is ready.
    pub(crate) fn start(mut self, is_ready: impl Fn(&Launched) -> bool) -> Result<Launched> {
        let log = File::create(self.folder().join(LOG))?;
        // What the launcher waits for the end of: it comes however this process ends.
        self.command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut launched = Launched { child: self.command.spawn()?, folder: self.folder };
        launched
            .wait_until(is_ready)
            .map_err(|reason| format!("{reason}:\n{}", launched.end_of_log()))?;
        Ok(launched)
    }
}

/// What a launcher started. It ends when it is dropped, and when this process ends.
#[derive(Debug)]
pub(crate) struct Launched {
    child: Child,
    folder: TempDir,
}

impl Launched {
    /// Where it runs and leaves its files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The last line that it said.
    pub(crate) fn last_line(&self) -> String {
        self.end_of_log().lines().next_back().unwrap_or_default().to_owned()
    }

    fn end_of_log(&self) -> String {
        let log = fs::read(self.folder().join(LOG)).unwrap_or_default();
        let end = &log[log.len().saturating_sub(END_OF_LOG)..];
        String::from_utf8_lossy(end).into_owned()
    }

    fn wait_until(&mut self, is_ready: impl Fn(&Self) -> bool) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if is_ready(self) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("ended ({status})"));
            }
            thread::sleep(PAUSE);
        }
        Err(format!("was not ready in {PATIENCE:?}"))
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        // The launcher ends when its input does, and everything with it.
        drop(self.child.stdin.take());
        let start = Instant::now();
        while start.elapsed() < FAREWELL && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(PAUSE);
        }
        // Even then nothing is left: the system ends what it started.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that was installed with the servers.
pub(crate) fn installed(program: &str) -> Result<PathBuf> {
    Ok(Path::new(&prepared(SERVERS)?).with_file_name(program))
}

const SERVERS: &str = "CRYPTO_ENVELOPE_SERVERS";
const LOG: &str = "server.log";
/// In bytes.
const END_OF_LOG: usize = 4000;
/// Launchers that take many steps have less for each.
const PATIENCE: Duration = Duration::from_secs(90);
const FAREWELL: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);
