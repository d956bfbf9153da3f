//! A server of others, as a process of its own on the loopback interface.

mod launched;

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::Command,
    time::Duration,
};

pub(crate) use self::launched::{Launch, Launched, installed};
use crate::vectors::Result;

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

impl PythonServer {
    /// <https://pypi.org/project/moto>
    pub const MOTO: Self = Self {
        module: "moto.server",
        configure: |command, port| {
            command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        },
        health: "/moto-api/",
    };

    /// <https://pypi.org/project/ministack>
    pub const MINISTACK: Self = Self {
        module: "ministack",
        configure: |command, port| {
            command
                .env("GATEWAY_PORT", port.to_string())
                // By itself it listens everywhere, also for MQTT.
                .env("BIND_HOST", "127.0.0.1")
                .env("IOT_MTLS_ENABLED", "0")
                .env("SERVICES", "kms,s3")
                // It would ask Docker for what is left of earlier runs.
                .env("DOCKER_HOST", "unix:///nonexistent");
        },
        health: "/_ministack/health",
    };
}

/// A running server. It ends when it is dropped, and when this process ends.
#[derive(Debug)]
pub struct ServerProcess {
    port: u16,
    _launched: Launched,
}

impl ServerProcess {
    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start: with the end of its log.
    pub fn start(server: PythonServer) -> Result<Self> {
        let [port] = free_ports()?;
        let mut launch = Launch::of("serve.py")?;
        launch.command.arg(installed("python")?).args(["-m", server.module]);
        (server.configure)(&mut launch.command, port);
        let launched = launch
            .start(|_| is_healthy(port, server.health).unwrap_or(false))
            .map_err(|reason| format!("{} on port {port} {reason}", server.module))?;
        Ok(Self { port, _launched: launched })
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }
}

/// Whether what listens on a port answers a path with status 200.
pub(crate) fn is_healthy(port: u16, path: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut status_line = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut status_line)?;
    Ok(status_line.ends_with(b" 200"))
}

/// Ports on which nobody listened a moment ago.
pub(crate) fn free_ports<const COUNT: usize>() -> Result<[u16; COUNT]> {
    let mut listeners = Vec::new();
    let mut ports = [0; COUNT];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        // Taken until all are found, so that each is another one.
        listeners.push(listener);
    }
    Ok(ports)
}

const PATIENCE: Duration = Duration::from_secs(30);
