//! Child processes. None of them can wait for input, so none can hang on a question.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// The directory of the workspace.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// Where build results go: of the workspace, and of what is built beside it.
pub(crate) fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// A call of cargo, with arguments that are separated by blanks.
pub(crate) fn cargo(arguments: &str) -> Command {
    let mut cargo = command("cargo");
    cargo.args(arguments.split_whitespace()).env("CARGO_TARGET_DIR", target());
    if env::var_os("CI").is_some_and(|value| value == "true") {
        cargo.env("CARGO_TERM_COLOR", "never");
    }
    cargo
}

/// A call of any program, in the directory of the workspace.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs `command`, whose output is seen as it comes.
///
/// # Errors
///
/// Says how the command ended, unless it succeeded.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    announce(command);
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    demand_success(command, status)
}

/// Like [`run`], and shows every line of standard output to `read` too.
///
/// # Errors
///
/// Says how the command ended, unless it succeeded.
pub(crate) fn run_reading(command: &mut Command, read: impl FnMut(&str)) -> Result<(), String> {
    announce(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(command, &error))?;
    let reading = child.stdout.take().map_or(Ok(()), |output| show_lines(output, read));
    let status =
        reading.and(child.wait()).map_err(|error| format!("{}: {error}", name(command)))?;
    demand_success(command, status)
}

/// Runs `command` quietly and returns its standard output.
///
/// # Errors
///
/// Says how the command ended, with its standard error, unless it succeeded.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| cannot_start(command, &error))?;
    demand_success(command, output.status).map_err(|reason| {
        format!("{reason}: {}", String::from_utf8_lossy(&output.stderr).trim())
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn show_lines(output: impl io::Read, mut read: impl FnMut(&str)) -> io::Result<()> {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        read(text.trim_end());
        line.clear();
    }
    Ok(())
}

fn announce(command: &Command) {
    let arguments = command.get_args().map(OsStr::to_string_lossy).collect::<Vec<_>>();
    println!("$ {} {}", name(command), arguments.join(" "));
}

fn demand_success(command: &Command, status: ExitStatus) -> Result<(), String> {
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", name(command))) }
}

fn cannot_start(command: &Command, error: &io::Error) -> String {
    format!("cannot start {}: {error}", name(command))
}

fn name(command: &Command) -> String {
    Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_even_when_it_is_no_text() {
        let mut lines = Vec::new();
        let script = r"printf 'one\r\n\n\377two\nthree'; exit 3";
        let ended = run_reading(command("sh").args(["-c", script]), |line| {
            lines.push(line.to_owned());
        });
        assert_eq!(ended, Err("sh: exit status: 3".to_owned()));
        assert_eq!(lines, ["one", "", "\u{fffd}two", "three"]);
    }

    #[test]
    fn input_is_empty() {
        assert_eq!(output(&mut command("cat")), Ok(String::new()));
    }

    #[test]
    fn failures_say_which_command() {
        let missing = output(&mut command("no-such-program-of-ours"));
        assert!(missing.is_err_and(|reason| reason.contains("no-such-program-of-ours")));
        let unknown = output(&mut cargo("no-such-command-of-ours"));
        assert!(unknown.is_err_and(|reason| reason.starts_with("cargo: exit status")));
    }

    #[test]
    fn root_holds_the_workspace() {
        assert!(root().join("xtask/Cargo.toml").is_file());
    }
}
