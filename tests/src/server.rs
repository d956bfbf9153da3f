//! A server of others, as a process of its own on the loopback interface.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{peer::prepared, vectors::Result};

/// A module of Python that serves HTTP.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests make their own")]
pub struct PythonServer {
    /// What `python -m` would run.
    pub module: &'static str,
    /// How it is told on which port of 127.0.0.1 to listen.
    pub configure: fn(&mut Command, u16),
    /// A path that it answers with status 200 as soon as it is ready.
    pub health: &'static str,
}

/// A running server. It ends when it is dropped, and when this process ends.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    port: u16,
    /// Where it runs and leaves its files.
    folder: TempDir,
}

impl ServerProcess {
    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start: with the end of its log.
    pub fn start(server: PythonServer) -> Result<Self> {
        let python = prepared("CRYPTO_ENVELOPE_AWS_KMS_SERVERS")?;
        let folder = tempfile::tempdir()?;
        let log = File::create(folder.path().join(LOG))?;
        let port = free_port()?;
        let mut command = Command::new(python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/aws_kms_servers/serve.py"));
        command.arg(server.module);
        (server.configure)(&mut command, port);
        command.current_dir(folder.path()).env("TMPDIR", folder.path());
        // What the launcher waits for the end of: it comes however this process ends.
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut process = Self { child: command.spawn()?, port, folder };
        process.wait_until_ready(server.health).map_err(|reason| {
            format!("{} on port {port} {reason}:\n{}", server.module, process.end_of_log())
        })?;
        Ok(process)
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    fn wait_until_ready(&mut self, health: &str) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.is_healthy(health).unwrap_or(false) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("ended ({status})"));
            }
            thread::sleep(PAUSE);
        }
        Err(format!("was not ready in {PATIENCE:?}"))
    }

    fn is_healthy(&self, path: &str) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut status_line = [0; "HTTP/1.1 200".len()];
        stream.read_exact(&mut status_line)?;
        Ok(status_line.ends_with(b" 200"))
    }

    fn end_of_log(&self) -> String {
        let log = fs::read(self.folder.path().join(LOG)).unwrap_or_default();
        let end = &log[log.len().saturating_sub(END_OF_LOG)..];
        String::from_utf8_lossy(end).into_owned()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It keeps nothing that would be worth a polite end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One that nobody listened on a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

const LOG: &str = "server.log";
/// In bytes.
const END_OF_LOG: usize = 4000;
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);
