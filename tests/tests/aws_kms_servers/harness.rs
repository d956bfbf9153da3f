//! Servers of others end with whoever started them, and say why they do not start.

use std::{net::TcpStream, panic, process::Command};

use crypto_envelope_tests::{
    server::{PythonServer, ServerProcess},
    vectors::Result,
};

use crate::ensure;

#[test]
fn a_server_ends_when_its_test_panics() -> Result<()> {
    let server = ServerProcess::start(OF_FILES)?;
    let address = server.endpoint().replace("http://", "");
    TcpStream::connect(&address)?;
    let outcome = panic::catch_unwind(move || {
        let _running = server;
        panic::resume_unwind(Box::new("a test that fails"));
    });
    ensure(outcome.is_err(), "it panicked")?;
    ensure(TcpStream::connect(&address).is_err(), "nobody listens any more")
}

#[test]
fn a_server_that_does_not_start_says_why() -> Result<()> {
    let missing = PythonServer { module: "no_such_module", ..OF_FILES };
    let wrongly_called = PythonServer { configure: |command, _| _ = command.arg("-x"), ..OF_FILES };
    for (server, reason) in
        [(missing, "No module named no_such_module"), (wrongly_called, "usage:")]
    {
        let error = ServerProcess::start(server).err().ok_or("it starts")?.to_string();
        ensure(error.contains(reason), &error)?;
    }
    Ok(())
}

/// What Python itself has.
const OF_FILES: PythonServer = PythonServer {
    module: "http.server",
    configure: |command: &mut Command, port| {
        command.args(["--bind", "127.0.0.1", &port.to_string()]);
    },
    health: "/",
};
