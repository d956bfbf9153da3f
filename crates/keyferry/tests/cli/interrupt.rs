//! Signals: nothing half-written stays.

use std::{
    io::Write,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crypto_envelope_testkit::data;
use rustix::process::{Pid, Signal, kill_process};

use crate::sandbox::{Ran, Sandbox, TestResult};

/// The program, minding all signals: it leaves ignored what whoever runs the tests ignores, such as
/// `nohup`, or a shell for what it runs in the background.
pub(crate) fn minding_signals(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let program = ["--default-signal", env!("CARGO_BIN_EXE_keyferry")];
    sandbox.command_of("env", &[&program, arguments].concat())
}

/// Waits until the program writes its file: it has read what it was given, and waits for more.
fn wait_for_unfinished_file(sandbox: &Sandbox, child: &mut Child) -> TestResult {
    let deadline = Instant::now() + Duration::from_mins(1);
    while Instant::now() < deadline {
        if sandbox.names()?.iter().any(|name| name.ends_with(".partial")) {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            return Err(format!("it ended early: {status}").into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Err("no file was begun".into())
}

#[test]
fn a_signal_leaves_no_file() -> TestResult {
    let sandbox = Sandbox::new()?;
    let message = sandbox.pipe(&["encrypt"], &data::plaintext(3_000_000, 1))?.expect(0)?.stdout;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT, Signal::USR1, Signal::XCPU]
    {
        for (arguments, input) in [
            (["encrypt", "-", "-o", "result"], &message[..]),
            (["decrypt", "-", "-o", "result"], &message[..message.len() / 2]),
        ] {
            let mut child = minding_signals(&sandbox, &arguments).stdin(Stdio::piped()).spawn()?;
            let mut stdin = child.stdin.take().ok_or("no standard input")?;
            stdin.write_all(input)?;
            wait_for_unfinished_file(&sandbox, &mut child)?;
            kill_process(Pid::from_child(&child), signal)?;
            Ran::from(child.wait_with_output()?).expect(130)?;
            let names = sandbox.names()?;
            assert!(names.is_empty(), "{signal:?} {arguments:?}: {names:?}");
            drop(stdin);
        }
    }
    Ok(())
}

#[test]
fn a_signal_keeps_the_old_file() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("result", "precious")?;
    let arguments = ["encrypt", "-f", "-", "-o", "result"];
    let mut child = minding_signals(&sandbox, &arguments).stdin(Stdio::piped()).spawn()?;
    wait_for_unfinished_file(&sandbox, &mut child)?;
    kill_process(Pid::from_child(&child), Signal::INT)?;
    Ran::from(child.wait_with_output()?).expect(130)?;
    assert_eq!(sandbox.names()?, ["result"]);
    assert_eq!(sandbox.read("result")?, b"precious");
    Ok(())
}

/// As under `nohup`: whoever started the program wants it to go on.
#[test]
fn an_ignored_signal_stays_ignored() -> TestResult {
    let sandbox = Sandbox::new()?;
    let program = env!("CARGO_BIN_EXE_keyferry");
    let mut child = sandbox
        .command_of("sh", &["-c", "trap '' HUP; exec \"$0\" encrypt - -o result", program])
        .stdin(Stdio::piped())
        .spawn()?;
    let stdin = child.stdin.take().ok_or("no standard input")?;
    wait_for_unfinished_file(&sandbox, &mut child)?;
    kill_process(Pid::from_child(&child), Signal::HUP)?;
    thread::sleep(Duration::from_millis(100));
    drop(stdin);
    Ran::from(child.wait_with_output()?).expect(0)?;
    assert_eq!(sandbox.names()?, ["result"]);
    Ok(())
}

/// Not a signal that ends the program, but an error of the write.
#[test]
fn a_file_that_may_not_grow_leaves_nothing() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", data::plaintext(3_000_000, 2))?;
    let program = env!("CARGO_BIN_EXE_keyferry");
    let mut command =
        sandbox.command_of("sh", &["-c", "ulimit -f 1000; exec \"$0\" encrypt file", program]);
    Ran::from(command.output()?).expect(1)?.says("cannot write file.encrypted")?;
    assert_eq!(sandbox.names()?, ["file"]);
    Ok(())
}
