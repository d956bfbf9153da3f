//! What happens on a terminal, with `script` of util-linux as the terminal.

use std::{io::Write, process::Stdio};

use crypto_envelope_testkit::data;

use crate::sandbox::{Ran, Sandbox, TestResult};

/// Runs the program on a terminal where nobody types; returns what a person would see, and the
/// exit code.
fn on_terminal(sandbox: &Sandbox, arguments: &str) -> Result<(String, Option<i32>), String> {
    with_somebody_typing(sandbox, arguments, "")
}

fn with_somebody_typing(
    sandbox: &Sandbox,
    arguments: &str,
    typed: &str,
) -> Result<(String, Option<i32>), String> {
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_keyferry"));
    let failed = |error| format!("script (util-linux) is needed: {error}");
    let mut child = sandbox
        .command_of("script", &["--quiet", "--return", "--command", &line, "/dev/null"])
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut keyboard = child.stdin.take().ok_or("no keyboard")?;
    keyboard.write_all(typed.as_bytes()).map_err(failed)?;
    drop(keyboard);
    let output = child.wait_with_output().map_err(failed)?;
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

#[test]
fn somebody_is_asked_about_each_file_that_exists() -> TestResult {
    let sandbox = Sandbox::new()?;
    for (typed, replaced) in [("y\n", true), ("YES\n", true), ("n\n", false), ("\n", false)] {
        sandbox.write("file", "text")?;
        sandbox.write("file.encrypted", "old")?;
        let (seen, code) = with_somebody_typing(&sandbox, "encrypt -i file", typed)?;
        assert_eq!(code, Some(0), "{seen}");
        assert!(seen.contains("replace file.encrypted? [y/N]"), "{seen}");
        assert_eq!(sandbox.read("file.encrypted")? != b"old", replaced, "{typed:?}: {seen}");
    }
    Ok(())
}

/// The answer must not be taken from the data.
#[test]
fn without_a_terminal_nobody_can_be_asked() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.write("file.encrypted", "old")?;
    let mut command = sandbox.command_of("setsid", &["--wait", env!("CARGO_BIN_EXE_keyferry")]);
    let output = command.args(["encrypt", "-i", "file"]).output()?;
    Ran::from(output).expect(1)?.says("no terminal to ask on")?;
    assert_eq!(sandbox.read("file.encrypted")?, b"old");
    Ok(())
}

#[test]
fn a_key_is_not_shown_on_the_terminal() -> TestResult {
    let sandbox = Sandbox::new()?;
    let made = sandbox.run(&["keys", "create"])?.expect(0)?.stderr;
    let id = made.split_once(".key").and_then(|(path, _)| path.rsplit('/').next());
    let (seen, code) = on_terminal(&sandbox, &format!("keys export {} -o -", id.ok_or("no id")?))?;
    assert_eq!(code, Some(2), "{seen}");
    assert!(seen.contains("would be shown on the terminal"), "{seen}");
    Ok(())
}
