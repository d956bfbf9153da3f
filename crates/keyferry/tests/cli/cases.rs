//! Everything that the program says, as sessions in `tests/cases/*.md`.
//!
//! A line that begins with `$ ` in a block of code goes to the shell; what follows is what it must
//! print, on both streams, and its exit code unless that is 0. Each file has an empty folder of
//! its own; `$DATA` is where keys are kept, `$RSA` holds RSA keys. `UPDATE_CASES=1` writes down what is printed instead: read it before it is committed.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::sandbox::{Sandbox, TestResult};

#[test]
fn everything_is_said_as_it_is_written_down() -> TestResult {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut differences = Vec::new();
    let mut sessions = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let expected = fs::read_to_string(&path)?;
        let actual = play(&expected)?;
        if env::var_os("UPDATE_CASES").is_some() {
            fs::write(&path, &actual)?;
        } else if actual != expected {
            differences.push(difference(&path, &expected, &actual));
        }
        sessions += 1;
    }
    assert!(sessions >= 6, "only {sessions} sessions");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    Ok(())
}

/// Runs the commands of a session and puts in what they print.
fn play(session: &str) -> Result<String, Box<dyn std::error::Error>> {
    let sandbox = Sandbox::new()?;
    let mut played = String::new();
    let mut place = Place::Text;
    for line in session.lines() {
        place = match (place, line) {
            (Place::Text, "```console") => Place::Console,
            (Place::Console, "```") => Place::Text,
            (place, _) => place,
        };
        let command = line.strip_prefix("$ ").filter(|_| place == Place::Console);
        if place == Place::Text || line == "```console" || command.is_some() {
            played.push_str(line);
            played.push('\n');
        }
        if let Some(command) = command {
            played.push_str(&run(&sandbox, command)?);
        }
    }
    Ok(played)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Text,
    Console,
}

fn run(sandbox: &Sandbox, command: &str) -> Result<String, Box<dyn std::error::Error>> {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_keyferry"));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = binary.parent().map(Path::to_owned).into_iter().chain(env::split_paths(&path));
    let line = format!("exec 2>&1; {command}");
    let mut shell = sandbox.command_of("sh", &["-c", &line]);
    let data = sandbox.path("data");
    let rsa = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/rsa");
    shell.env("PATH", env::join_paths(folders)?).env("LC_ALL", "C");
    shell.env("DATA", &data).env("RSA", rsa);
    let output = shell.output()?;
    let mut printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !printed.is_empty() && !printed.ends_with('\n') {
        printed.push('\n');
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => printed.push_str(&format!("? {code}\n")),
        None => printed.push_str("? killed\n"),
    }
    Ok(without_ids(&printed.replace(&data.display().to_string(), "DATA")))
}

/// Ids, in hex, and keys and IVs, in base64, differ from run to run.
fn without_ids(text: &str) -> String {
    let in_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let is_hex = |c: char| c.is_ascii_hexdigit();
    let mut rest = text;
    let mut replaced = String::new();
    while let Some(start) = rest.find(in_base64) {
        let tail = &rest[start..];
        let (word, tail) = tail.split_at(tail.find(|c| !in_base64(c)).unwrap_or(tail.len()));
        let digits = &word[word.rfind('/').map_or(0, |slash| slash + 1)..];
        replaced.push_str(&rest[..start]);
        if matches!(digits.len(), 32 | 64) && digits.chars().all(is_hex) {
            replaced.push_str(&word[..word.len() - digits.len()]);
            replaced.push_str("ID");
        } else {
            replaced.push_str(if word.len() < 28 { word } else { "BASE64" });
        }
        rest = tail;
    }
    replaced + rest
}

fn difference(path: &Path, expected: &str, actual: &str) -> String {
    let (expected, actual): (Vec<_>, Vec<_>) =
        (expected.lines().collect(), actual.lines().collect());
    let same = expected.iter().zip(&actual).take_while(|(one, other)| one == other).count();
    let line =
        |lines: &[&str]| lines.get(same).map_or("the end".to_owned(), |line| format!("{line:?}"));
    let (path, number) = (path.display(), same + 1);
    format!("{path}:{number}: expected {}, but it is {}", line(&expected), line(&actual))
}
