//! Transfers with S3 that are interrupted, and gone on with by the same command.

use std::{
    collections::BTreeMap,
    fs, thread,
    time::{Duration, Instant},
};

use crypto_envelope_testkit::{data, fake::http::Fault};

use crate::{
    s3::S3,
    sandbox::{Ran, Sandbox, TestResult},
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

/// As nothing else does, when two parts at least are known to be there.
fn kill_with_two_parts(s3: &S3, sandbox: &Sandbox, arguments: &[&str]) -> TestResult {
    let mut child = s3.command(sandbox, arguments).spawn()?;
    let deadline = Instant::now() + Duration::from_mins(1);
    while recorded(sandbox)?.len() < 2 {
        assert!(Instant::now() < deadline, "nothing was written down");
        assert!(child.try_wait()?.is_none(), "it ended early");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// The parts that the program knows to be there, by its record.
fn recorded(sandbox: &Sandbox) -> TestResult<Vec<String>> {
    let folder = sandbox.store().join("transfers");
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut parts = Vec::new();
    for entry in entries {
        let record = fs::read_to_string(entry?.path())?;
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
