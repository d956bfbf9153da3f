//! Transfers with S3 that are interrupted, and gone on with by the same command.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use crypto_envelope_testkit::{data, fake::http::Fault};
use rustix::process::Signal;

use crate::{
    interrupt::minding_signals,
    s3::S3,
    sandbox::{Ran, Sandbox, TestResult, names_in},
    under_way::{after, interrupt, kill, wait_until},
};

/// Killed as nothing else does, when some parts are known to be there: none of those is sent again.
#[test]
fn a_killed_upload_goes_on() -> TestResult {
    let (s3, sandbox) = (S3::start()?, Sandbox::new()?);
    let content = data::plaintext(60 << 20, 8);
    sandbox.write("file", &content)?;
    sandbox.write_key("key", [7; 32], 0o600)?;
    let arguments = ["cp", "file", "s3://photos/large", "--sse-c-key-file", "key"];
    let slowly = Fault::delay(Duration::from_millis(700)).always();
    s3.fake.inject(slowly.when(|operation| operation == "UploadPart"));
    kill_with_two_parts(&s3, &sandbox, &arguments)?;
    let known = recorded(&sandbox)?;
    s3.fake.clear_faults();
    thread::sleep(Duration::from_secs(1));
    let before = parts_sent(&s3);
    let again = s3.command(&sandbox, &arguments).output()?;
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.success(), "{said}");
    assert!(said.contains("an earlier run was interrupted: going on where it was"), "{said}");
    let sent = parts_sent(&s3);
    for number in known {
        assert_eq!(sent.get(&number), before.get(&number), "part {number} was sent again");
    }
    let stored = s3.fake.object("photos", "large").ok_or("there is no object")?;
    assert_eq!(stored.length, content.len());
    let read = ["cp", "s3://photos/large", "copy", "--sse-c-key-file", "key", "--quiet"];
    assert!(s3.command(&sandbox, &read).status()?.success());
    assert!(sandbox.read("copy")? == content, "it is something else");
    assert!(s3.fake.uploads("photos").is_empty());
    Ok(())
}

/// The same of a download: no part that is on the disk is asked for again.
#[test]
fn a_killed_download_goes_on() -> TestResult {
    let (s3, sandbox) = (S3::start()?, Sandbox::new()?);
    let content = data::plaintext(60 << 20, 8);
    sandbox.write("file", &content)?;
    sandbox.write_key("key", [7; 32], 0o600)?;
    let up = ["cp", "file", "s3://photos/large", "--sse-c-key-file", "key", "--quiet"];
    assert!(s3.command(&sandbox, &up).status()?.success());
    let slowly = Fault::slow(1 << 20, Duration::from_millis(60)).always();
    s3.fake.inject(slowly.when(|operation| operation == "GetObject"));
    let arguments = ["cp", "s3://photos/large", "copy", "--sse-c-key-file", "key"];
    kill_with_two_parts(&s3, &sandbox, &arguments)?;
    let known = recorded(&sandbox)?.len();
    assert!(!sandbox.names()?.iter().any(|name| name == "copy"), "half of it has its name");
    s3.fake.clear_faults();
    thread::sleep(Duration::from_secs(1));
    let _ = s3.fake.take_calls();
    let again = s3.command(&sandbox, &arguments).output()?;
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.success(), "{said}");
    assert!(said.contains("an earlier run was interrupted: going on where it was"), "{said}");
    let calls = s3.fake.calls();
    let gets = calls.iter().filter(|call| call.operation == "GetObject").count();
    assert_eq!(gets, 8 - known, "of {known} parts some came again");
    assert!(sandbox.read("copy")? == content, "it is something else");
    assert_eq!(sandbox.names()?, ["copy", "file", "key"]);
    assert!(recorded(&sandbox)?.is_empty(), "the record is still there");
    Ok(())
}

/// Whoever says which server it is: what was begun on one is nothing to another one.
#[test]
fn another_server_has_transfers_of_its_own() -> TestResult {
    let (s3, other, sandbox) = (S3::start()?, S3::start()?, Sandbox::new()?);
    sandbox.write("file", data::plaintext(30 << 20, 8))?;
    let arguments = ["cp", "file", "s3://photos/large", "--without-sse-c"];
    let slowly = Fault::delay(Duration::from_millis(700)).always();
    s3.fake.inject(slowly.when(|operation| operation == "UploadPart"));
    kill_with_two_parts(&s3, &sandbox, &arguments)?;
    s3.fake.clear_faults();
    let ran = Ran::from(other.command(&sandbox, &arguments).output()?).expect(0)?;
    assert!(!ran.stderr.contains("an earlier run"), "{}", ran.stderr);
    assert_eq!(s3.fake.uploads("photos").len(), 1, "what the first server has is gone");
    let endpoint = s3.fake.endpoint();
    let arguments = [&arguments[..], &["--s3-endpoint", &endpoint]].concat();
    let mut command = other.command(&sandbox, &arguments);
    let key = s3.fake.access_key();
    command.env("AWS_ACCESS_KEY_ID", key.id()).env("AWS_SECRET_ACCESS_KEY", key.secret());
    let ran = Ran::from(command.output()?).expect(0)?;
    ran.says("an earlier run was interrupted: going on where it was")?;
    assert!(s3.fake.object("photos", "large").is_some());
    assert!(s3.fake.uploads("photos").is_empty());
    assert!(recorded(&sandbox)?.is_empty(), "a record is still there");
    Ok(())
}

/// Ctrl-C says that the same command goes on, and leaves what it takes for that.
#[test]
fn an_interrupted_transfer_says_that_it_can_be_gone_on_with() -> TestResult {
    let (s3, sandbox) = (S3::start()?, Sandbox::new()?);
    let content = data::plaintext(40 << 20, 8);
    sandbox.write("file", &content)?;
    sandbox.write_key("key", [7; 32], 0o600)?;
    let under = ["--sse-c-key-file", "key"];
    for (operation, places) in [
        ("UploadPart", ["cp", "file", "s3://photos/large"]),
        ("GetObject", ["cp", "s3://photos/large", "copy"]),
    ] {
        let arguments = [&places[..], &under].concat();
        s3.fake.inject(after(2, operation, Fault::delay(Duration::from_mins(10))));
        let mut child = start(&s3, &sandbox, &arguments)?;
        wait_until(&mut child, || Ok(!recorded(&sandbox)?.is_empty()))?;
        // Of two that come together the second one is no haste.
        let ran = interrupt(child, &[Signal::TERM, Signal::HUP])?;
        ran.says("interrupted: the same command goes on where it was")?;
        assert!(!sandbox.names()?.iter().any(|name| name == "copy"), "half of it has its name");
        s3.fake.clear_faults();
        let ran = Ran::from(s3.command(&sandbox, &arguments).output()?).expect(0)?;
        ran.says("an earlier run was interrupted: going on where it was")?;
    }
    assert!(sandbox.read("copy")? == content, "it is something else");
    assert_leaves_nothing(&s3, &sandbox, &["copy", "file", "key"])
}

/// Without a record there is nothing to go on with, and so nothing may be left, and nothing is promised.
#[test]
fn an_interrupted_transfer_without_a_record_leaves_nothing() -> TestResult {
    let (s3, sandbox) = (S3::start()?, Sandbox::new()?);
    sandbox.write("file", data::plaintext(40 << 20, 8))?;
    sandbox.write_key("key", [7; 32], 0o600)?;
    let under = ["--no-resume", "--sse-c-key-file", "key"];
    let up = [&["cp", "file", "s3://photos/large"][..], &under].concat();
    s3.fake.inject(after(2, "UploadPart", Fault::delay(Duration::from_millis(500))));
    let mut child = start(&s3, &sandbox, &up)?;
    wait_until(&mut child, || Ok(!parts_sent(&s3).is_empty()))?;
    let ran = interrupt(child, &[Signal::INT])?;
    assert!(!ran.stderr.contains("goes on"), "{}", ran.stderr);
    assert!(s3.fake.object("photos", "large").is_none());
    assert_leaves_nothing(&s3, &sandbox, &["file", "key"])?;
    s3.fake.clear_faults();
    Ran::from(s3.command(&sandbox, &up).output()?).expect(0)?;
    let encrypt = [&["encrypt", "file", "--output", "s3://photos/message"][..], &under].concat();
    Ran::from(s3.command(&sandbox, &encrypt).output()?).expect(0)?;
    let slowly = Fault::slow(64 << 10, Duration::from_millis(20)).always();
    s3.fake.inject(slowly.when(|operation| operation == "GetObject"));
    for what in [
        &["cp", "s3://photos/large", "copy"][..],
        &["decrypt", "s3://photos/message", "--output", "copy"],
    ] {
        let mut child = start(&s3, &sandbox, &[what, &under].concat())?;
        wait_until(&mut child, || {
            Ok(sandbox.names()?.iter().any(|name| name.ends_with(".partial")))
        })?;
        let ran = interrupt(child, &[Signal::INT])?;
        assert!(!ran.stderr.contains("goes on"), "{}", ran.stderr);
        assert_leaves_nothing(&s3, &sandbox, &["file", "key"])?;
    }
    Ok(())
}

/// What waits for a pipe ends as well.
#[test]
fn an_interrupted_pipe_leaves_nothing() -> TestResult {
    let (s3, sandbox) = (S3::start()?, Sandbox::new()?);
    for arguments in [
        ["cp", "-", "s3://photos/piped", "--without-sse-c"],
        ["encrypt", "--output", "s3://photos/piped", "--without-sse-c"],
    ] {
        let _ = s3.fake.take_calls();
        let mut command = minding_signals(&sandbox, &arguments);
        let mut child = command.envs(s3.variables()).stdin(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().ok_or("no standard input")?;
        stdin.write_all(&data::plaintext(20 << 20, 7))?;
        wait_until(&mut child, || Ok(!parts_sent(&s3).is_empty()))?;
        interrupt(child, &[Signal::INT])?;
        drop(stdin);
        assert!(s3.fake.object("photos", "piped").is_none(), "{arguments:?}");
        assert_leaves_nothing(&s3, &sandbox, &[])?;
    }
    Ok(())
}

/// Neither here, but for these files, nor on the server, nor in the folder of records.
fn assert_leaves_nothing(s3: &S3, sandbox: &Sandbox, files: &[&str]) -> TestResult {
    assert_eq!(sandbox.names()?, files);
    assert!(s3.fake.uploads("photos").is_empty(), "an upload is pending");
    let folder = sandbox.store().join("transfers");
    let records = if folder.exists() { names_in(&folder)? } else { Vec::new() };
    assert!(records.is_empty(), "{records:?}");
    Ok(())
}

fn start(s3: &S3, sandbox: &Sandbox, arguments: &[&str]) -> TestResult<Child> {
    Ok(minding_signals(sandbox, arguments).envs(s3.variables()).spawn()?)
}

/// As nothing else does, when two parts at least are known to be there.
fn kill_with_two_parts(s3: &S3, sandbox: &Sandbox, arguments: &[&str]) -> TestResult {
    let mut child = s3.command(sandbox, arguments).spawn()?;
    wait_until(&mut child, || Ok(recorded(sandbox)?.len() >= 2))?;
    kill(child)
}

/// The parts that the program knows to be there, by its record.
fn recorded(sandbox: &Sandbox) -> TestResult<Vec<String>> {
    let folder = sandbox.store().join("transfers");
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut parts = Vec::new();
    for entry in entries {
        // What is written anew has another name for a moment.
        let Ok(record) = fs::read_to_string(entry?.path()) else { continue };
        // The first line says what it is of, and each further one that a part is there.
        let lines = record
            .lines()
            .skip(1)
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        parts.extend(lines.map(|line| line["part"].to_string()));
    }
    Ok(parts)
}

/// How often each part was taken.
fn parts_sent(s3: &S3) -> BTreeMap<String, usize> {
    let mut parts = BTreeMap::new();
    for call in s3.fake.calls() {
        if call.operation == "UploadPart" && call.status == Some(200) {
            let number = call.parameters.iter().find(|(name, _)| name == "partNumber");
            *parts
                .entry(number.map(|(_, number)| number.clone()).unwrap_or_default())
                .or_default() += 1;
        }
    }
    parts
}
