//! Everything that the program says, as sessions in `tests/cases/*.md`.
//!
//! A line that begins with `$ ` in a block of code goes to the shell; what follows is what it must
//! print, on both streams, and its exit code unless that is 0. Each file has an empty folder of
//! its own; `$DATA` is where keys are kept, `$VECTORS` holds messages and keys of others.
//! `UPDATE_CASES=1` writes down what is printed instead: read it before it is committed.

use std::{
    cmp::Reverse,
    env,
    error::Error,
    ffi::OsStr,
    fmt::Write as _,
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::sandbox::{Sandbox, TestResult};

#[test]
fn everything_is_said_as_it_is_written_down() -> TestResult {
    let mut sessions = session_files()?;
    sessions.retain(|path| can_be_played(name(path)));
    assert!(sessions.len() >= 6, "only {} sessions", sessions.len());
    // Long ones first, so that no core has to wait for another one at the end.
    sessions.sort_by_cached_key(|path| Reverse(fs::metadata(path).map_or(0, |file| file.len())));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut differences = Vec::new();
        while let Some(path) = sessions.get(next.fetch_add(1, Ordering::Relaxed)) {
            match check(path) {
                Ok(difference) => differences.extend(difference),
                Err(error) => differences.push(format!("{}: {error}", path.display())),
            }
        }
        differences
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let differences = thread::scope(|scope| {
        let workers = (0..cores).map(|_| scope.spawn(work)).collect::<Vec<_>>();
        let done = workers.into_iter().map(|worker| worker.join().expect("no panic"));
        done.collect::<Vec<_>>().concat()
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    Ok(())
}

/// Plays a session, and says where something else is printed than is written down.
fn check(path: &Path) -> Result<Option<String>, Box<dyn Error>> {
    let expected = fs::read_to_string(path)?;
    let actual = match name(path) {
        #[cfg(feature = "alibaba-kms")]
        "alibaba-kms" | "bench" | "kms" => {
            let kms = crate::alibaba::Alibaba::start()?;
            play_with(&expected, &kms.variables(), &kms.names())?
        }
        #[cfg(feature = "aws-kms")]
        "aws-kms" => {
            let kms = crate::aws::Aws::start()?;
            play_with(&expected, &kms.variables(), &kms.names())?
        }
        #[cfg(feature = "s3-sse-c")]
        "s3" | "s3-messages" => {
            let s3 = crate::s3::S3::start()?;
            play_with(&expected, &s3.variables(), &s3.names())?
        }
        #[cfg(feature = "tencent-cos")]
        "tencent-cos" | "tencent-cos-cp" => {
            let cos = crate::cos::Cos::start()?;
            play_with(&expected, &cos.variables(), &cos.names())?
        }
        _ => play(&expected, run)?,
    };
    if env::var_os("UPDATE_CASES").is_some() {
        fs::write(path, &actual)?;
        return Ok(None);
    }
    Ok((actual != expected).then(|| difference(path, &expected, &actual)))
}

fn name(path: &Path) -> &str {
    path.file_stem().and_then(OsStr::to_str).unwrap_or_default()
}

/// Whether the program was built with what the session needs.
fn can_be_played(name: &str) -> bool {
    let (alibaba, aws) = (cfg!(feature = "alibaba-kms"), cfg!(feature = "aws-kms"));
    let cos = cfg!(feature = "tencent-cos");
    let needs = [
        ("alibaba-kms", alibaba),
        ("bench", alibaba),
        ("kms", alibaba),
        ("aws-kms", aws),
        ("s3", cfg!(feature = "s3-sse-c")),
        ("s3-messages", cfg!(feature = "s3-sse-c")),
        ("tencent-cos", cos),
        ("tencent-cos-cp", cos),
    ];
    needs.iter().all(|(session, is_built)| *session != name || *is_built)
}

/// A session with these variables; in what is printed, names stand for what differs from run to run.
#[cfg(any(
    feature = "alibaba-kms",
    feature = "aws-kms",
    feature = "s3-sse-c",
    feature = "tencent-cos"
))]
fn play_with(
    session: &str,
    variables: &[(&'static str, String)],
    names: &[(String, &'static str)],
) -> Result<String, Box<dyn Error>> {
    play(session, |mut shell| {
        shell.envs(variables.iter().cloned());
        let named = names.iter().fold(run(shell)?, |text, (from, to)| text.replace(from, to));
        Ok(without_request_ids(&named))
    })
}

#[cfg(any(
    feature = "alibaba-kms",
    feature = "aws-kms",
    feature = "s3-sse-c",
    feature = "tencent-cos"
))]
fn without_request_ids(text: &str) -> String {
    ["request id ", "\"request_id\":\""].iter().fold(text.to_owned(), |text, marker| {
        let mut parts = text.split(marker);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let end = part.find(|c: char| c != '-' && !c.is_ascii_hexdigit());
            text + marker + "UUID" + &part[end.unwrap_or(part.len())..]
        })
    })
}

/// Runs the commands of a session and puts in what they print.
fn play(
    session: &str,
    run: impl Fn(Command) -> Result<String, Box<dyn Error>>,
) -> Result<String, Box<dyn Error>> {
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
            let printed = run(shell(&sandbox, command)?)?;
            let data = sandbox.path("data").display().to_string();
            played.push_str(&without_ids(&printed.replace(&data, "DATA")));
        }
    }
    Ok(played)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Text,
    Console,
}

/// A shell for one command of a session.
fn shell(sandbox: &Sandbox, command: &str) -> Result<Command, Box<dyn Error>> {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_keyferry"));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = binary.parent().map(Path::to_owned).into_iter().chain(env::split_paths(&path));
    let line = format!("exec 2>&1; {command}");
    let mut shell = sandbox.command_of("sh", &["-c", &line]);
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    shell.env("PATH", env::join_paths(folders)?).env("DATA", sandbox.path("data"));
    shell.env("VECTORS", vectors);
    Ok(shell)
}

fn run(mut shell: Command) -> Result<String, Box<dyn Error>> {
    let output = shell.output()?;
    let mut printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !printed.is_empty() && !printed.ends_with('\n') {
        printed.push('\n');
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => writeln!(printed, "? {code}")?,
        None => printed.push_str("? killed\n"),
    }
    Ok(printed)
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

fn session_files() -> std::io::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

/// Each sentence that the sources hold is printed in some session, but for those that take a
/// broken system.
#[test]
fn every_sentence_is_in_some_session() -> TestResult {
    let mut sessions = String::new();
    for path in session_files()? {
        sessions += &fs::read_to_string(path)?;
    }
    let mut missing = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut sentences = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            for sentence in sentences_of(&fs::read_to_string(path)?) {
                sentences += 1;
                let is_exempt = EXEMPT.iter().any(|exempt| sentence.starts_with(exempt));
                if !is_exempt && !sessions.contains(&sentence) {
                    missing.push(sentence);
                }
            }
        }
    }
    assert!(sentences > 100, "only {sentences} sentences were found");
    assert!(missing.is_empty(), "no session prints: {missing:#?}");
    Ok(())
}

/// What stands between the places of values in the string literals of a source, if it is more
/// than a word.
fn sentences_of(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//") && !line.contains("reason = ");
    let code: Vec<_> = source.lines().filter(is_code).collect();
    let code = code.join("\n").replace("'\"'", "").replace("\\\"", "\u{1}");
    let literals = code.split('"').skip(1).step_by(2);
    let mut sentences = Vec::new();
    for literal in literals {
        let mut text = String::new();
        for (number, line) in literal.split("\\\n").enumerate() {
            text += if number == 0 { line } else { line.trim_start() };
        }
        let text = text.replace('\u{1}', "\"").replace("\\n", "{}");
        let parts = text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
        let parts = parts.map(str::trim).filter(|part| part.contains(' '));
        sentences.extend(parts.map(str::to_owned));
    }
    sentences
}

/// What cannot be had on a machine that works, or not by everybody.
const EXEMPT: [&str; 42] = [
    "--no-resume goes without it",
    ": what came is not what COS has",
    "COS has something else than",
    "KMS does not take its own signature",
    "a call panicked",
    "a way that does not lead down",
    "all have the same bounds",
    "an earlier run was interrupted",
    "another process is at the transfer of",
    "belongs to somebody else",
    "cannot derive the name of the key",
    "cannot handle signals",
    "cannot make the manual page",
    "cannot start threads",
    "cannot use the record",
    "cannot write to standard error",
    "copy it by way of a file",
    "frames as long as that are read with --buffer",
    "interrupted: the same command",
    "is longer than 5 GiB",
    "is not in COS",
    "it was damaged on its way",
    "keyferry raw-aes key name v1",
    "keyferry: warning:",
    "make it your own",
    "may not outlast a crash",
    "not a file any more",
    "of objects",
    "on the server, in parts",
    "run again when nobody writes to it any more",
    "the file was changed while it was read",
    "the local keys were opened for decryption",
    "the writer of a pipe is gone",
    "there is no format",
    "these are bounds that it can have",
    "this is encryption context",
    "this keyferry was built without the feature",
    "this keyferry was built without the feature s3-sse-c",
    "tidy up",
    "try again when nobody writes to it any more",
    "was exchanged meanwhile",
    "wrong answer",
];
