//! What happens on a terminal, with `script` of util-linux as the terminal.

use std::process::Command;

use crypto_envelope_testkit::data;

use crate::sandbox::{Sandbox, TestResult};

/// Runs the program on a terminal; returns what a person would see, and the exit code.
fn on_terminal(sandbox: &Sandbox, arguments: &str) -> Result<(String, Option<i32>), String> {
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_keyferry"));
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(sandbox.path("work"))
        .env("XDG_DATA_HOME", sandbox.path("data"))
        .env("TERM", "xterm")
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| format!("script (util-linux) is needed: {error}"))?;
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code()))
}

#[test]
fn ciphertext_is_not_written_to_a_terminal() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    for output in ["-", "/dev/tty", "/dev/stdout"] {
        let (seen, code) = on_terminal(&sandbox, &format!("encrypt file -o {output}"))?;
        assert_eq!(code, Some(2), "{seen}");
        assert!(seen.contains("the output is a terminal"), "{seen}");
    }
    Ok(())
}

#[test]
fn progress_is_shown_on_a_terminal_only() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", data::plaintext(8 << 20, 1))?;
    let (seen, code) = on_terminal(&sandbox, "encrypt file")?;
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("8.00 MiB"), "{seen:?}");
    let (seen, code) = on_terminal(&sandbox, "encrypt -f --quiet file")?;
    assert_eq!((code, seen.as_str()), (Some(0), ""));
    let ran = sandbox.run(&["encrypt", "-f", "file"])?.expect(0)?;
    assert!(!ran.stderr.contains("MiB"), "{:?}", ran.stderr);
    Ok(())
}
