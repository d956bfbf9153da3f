//! Transfers with COS that are interrupted, and gone on with by the same command.

use std::{
    collections::BTreeMap,
    error::Error,
    fs::{self, File, FileTimes},
    io::Write,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use crypto_envelope_testkit::{data, fake::http::Fault};
use rustix::process::Signal;
use serde_json::Value;

use crate::{
    cos::Cos,
    interrupt::minding_signals,
    sandbox::{Ran, Sandbox, TestResult, names_in},
    under_way::{after, interrupt, kill, wait_until},
};

/// Starts the program with a COS that takes its time for this operation.
fn start_slowly(
    cos: &Cos,
    sandbox: &Sandbox,
    operation: &'static str,
    arguments: &[&str],
) -> Result<Child, Box<dyn Error>> {
    let slowly = Fault::delay(Duration::from_millis(200)).always();
    cos.fake.inject(slowly.when(move |called| called == operation));
    start(cos, sandbox, arguments)
}

fn start(cos: &Cos, sandbox: &Sandbox, arguments: &[&str]) -> TestResult<Child> {
    let mut command = minding_signals(sandbox, arguments);
    Ok(command.envs(cos.variables()).spawn()?)
}

/// Waits until so many calls of an operation have succeeded.
fn wait_for(cos: &Cos, child: &mut Child, operation: &str, count: usize) -> TestResult {
    wait_until(child, || Ok(successes(cos, operation) >= count))
}

/// Waits until nothing more arrives.
fn wait_for_silence(cos: &Cos) {
    let mut before = usize::MAX;
    while cos.fake.calls().len() != before {
        before = cos.fake.calls().len();
        thread::sleep(Duration::from_secs(1));
    }
}

fn successes(cos: &Cos, operation: &str) -> usize {
    let calls = cos.fake.calls();
    let is_one = |status: Option<u16>| status.is_some_and(|status| status < 300);
    calls.iter().filter(|call| call.operation == operation && is_one(call.status)).count()
}

/// How often each part of an upload was acknowledged.
fn parts_sent(cos: &Cos) -> BTreeMap<(String, String), usize> {
    let mut parts = BTreeMap::new();
    for call in cos.fake.calls() {
        if call.operation == "UploadPart" && call.status == Some(200) {
            let parameter = |name| call.parameter(name).unwrap_or_default().to_owned();
            *parts.entry((parameter("uploadId"), parameter("partNumber"))).or_default() += 1;
        }
    }
    parts
}

/// The parts of an upload that the program knows to be in COS, by its record.
fn acknowledged(sandbox: &Sandbox) -> Result<Vec<u64>, Box<dyn Error>> {
    let folder = sandbox.store().join("transfers");
    let names = names_in(&folder)?;
    let [name] = &names[..] else { return Err(format!("not one record: {names:?}").into()) };
    let lines = fs::read_to_string(folder.join(name))?;
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(lines
        .filter(|line| line["etag"].is_string())
        .filter_map(|line| line["part"].as_u64())
        .collect())
}

/// How many parts of a download are on the disk, by its record.
fn written(sandbox: &Sandbox) -> Result<usize, Box<dyn Error>> {
    let folder = sandbox.store().join("transfers");
    let names = names_in(&folder)?;
    let [name] = &names[..] else { return Err(format!("not one record: {names:?}").into()) };
    let lines = fs::read_to_string(folder.join(name))?;
    Ok(lines.lines().filter(|line| line.contains("\"part\"")).count())
}

fn large_file(sandbox: &Sandbox, length: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut content = data::plaintext(1 << 20, 1);
    // The same again and again, with a number in front.
    let repeated: Vec<u8> = (0..length >> 20)
        .flat_map(|number: usize| {
            content[..8].copy_from_slice(&(number as u64).to_be_bytes());
            content.clone()
        })
        .collect();
    sandbox.write("large", &repeated)?;
    Ok(repeated)
}

/// The file is as long as a large one of a user, and every part that COS has is kept.
#[test]
fn killed_transfers_of_an_encrypted_file_go_on_where_they_were() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    let content = large_file(&sandbox, 200 << 20)?;
    let place = cos.place("large");
    let encrypt = ["encrypt", "large", "--output", &place];
    let mut child = start_slowly(&cos, &sandbox, "UploadPart", &encrypt)?;
    wait_for(&cos, &mut child, "UploadPart", 5)?;
    // The record is a moment behind.
    wait_until(&mut child, || Ok(acknowledged(&sandbox)?.len() >= 2))?;
    kill(child)?;
    let acknowledged = acknowledged(&sandbox)?;
    cos.fake.clear_faults();
    assert!(cos.object("large").is_err());
    let ran = Ran::from(cos.command(&sandbox, &encrypt).output()?).expect(0)?;
    ran.says("an earlier run was interrupted: going on where it was")?;
    let sent = parts_sent(&cos);
    assert_eq!(sent.len(), 25, "{sent:?}");
    for ((_, number), times) in &sent {
        // What was on its way when the process ended may have arrived, and nobody knew.
        let is_known = acknowledged.contains(&number.parse()?);
        assert!(*times == 1 || *times == 2 && !is_known, "{number} of {acknowledged:?}: {sent:?}");
    }
    assert_eq!(successes(&cos, "InitiateMultipartUpload"), 1);
    assert!(cos.fake.uploads(cos.fake.bucket()).is_empty());

    let _ = cos.fake.take_calls();
    let decrypt = ["decrypt", &place, "--output", "copy"];
    let mut child = start_slowly(&cos, &sandbox, "GetObject", &decrypt)?;
    wait_for(&cos, &mut child, "GetObject", 12)?;
    wait_until(&mut child, || Ok(written(&sandbox)? >= 1))?;
    kill(child)?;
    assert!(!sandbox.work("copy").exists());
    cos.fake.clear_faults();
    let written = written(&sandbox)?;
    // What it still had asked for is answered to nobody.
    wait_for_silence(&cos);
    let _ = cos.fake.take_calls();
    let ran = Ran::from(cos.command(&sandbox, &decrypt).output()?).expect(0)?;
    ran.says("an earlier run was interrupted: going on where it was")?;
    let calls = cos.fake.calls();
    let gets = calls.iter().filter(|call| call.operation == "GetObject");
    let fetched: usize = gets.map(|call| call.response_length).sum();
    let (most, slack) = (content.len() - (written << 23), 4 << 20);
    assert!(fetched <= most + slack, "{fetched} bytes were fetched, with {written} parts there");
    assert!(sandbox.read("copy")? == content);
    assert_eq!(sandbox.names()?, ["copy", "large"]);
    assert!(names_in(&sandbox.store().join("transfers"))?.is_empty());
    Ok(())
}

/// No part that was acknowledged, as the record shows, is sent twice.
#[test]
fn no_part_that_was_acknowledged_is_sent_again() -> TestResult {
    for command in ["encrypt", "cp"] {
        let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
        let content = large_file(&sandbox, 64 << 20)?;
        let place = cos.place("large");
        let arguments = match command {
            "encrypt" => vec!["encrypt", "large", "--output", &place],
            _ => vec!["cp", "large", &place],
        };
        // Those that follow get no answer, so what was acknowledged by then is all that was.
        cos.fake.inject(after(4, "UploadPart", Fault::close()));
        Ran::from(cos.command(&sandbox, &arguments).output()?).expect(1)?;
        cos.fake.clear_faults();
        let ran = Ran::from(cos.command(&sandbox, &arguments).output()?).expect(0)?;
        ran.says("an earlier run was interrupted: going on where it was")?;
        let sent = parts_sent(&cos);
        assert!(sent.len() >= 8 && sent.values().all(|times| *times == 1), "{command}: {sent:?}");
        let decrypt = ["decrypt", &place, "--output", "-"];
        let back = match command {
            "encrypt" => Ran::from(cos.command(&sandbox, &decrypt).output()?).expect(0)?.stdout,
            _ => cos.object("large")?.content,
        };
        assert!(back == content, "{command}");
    }
    Ok(())
}

/// Two plaintexts under one key would give both away, so nothing may be sent under it any more.
#[test]
fn a_file_that_was_changed_meanwhile_gets_another_key() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    let mut content = large_file(&sandbox, 40 << 20)?;
    let modified = fs::metadata(sandbox.work("large"))?.modified()?;
    let place = cos.place("large");
    let encrypt = ["encrypt", "large", "--output", &place, "--json"];
    let mut child = start_slowly(&cos, &sandbox, "UploadPart", &encrypt)?;
    wait_for(&cos, &mut child, "UploadPart", 1)?;
    kill(child)?;
    cos.fake.clear_faults();
    let uploads = cos.fake.uploads(cos.fake.bucket());
    let [upload] = &uploads[..] else { return Err("not one upload".into()) };
    let front = |part: &[u8]| part[..64].to_vec();
    let old = upload.parts.iter().find(|part| part.number == 1).map(|part| front(&part.content));
    // Of the same length, and as if it was never touched.
    content[0] ^= 1;
    let file = File::options().write(true).open(sandbox.work("large"))?;
    (&file).write_all(&content[..1])?;
    file.set_times(FileTimes::new().set_modified(modified))?;
    Ran::from(cos.command(&sandbox, &encrypt).output()?).expect(0)?;
    let calls = cos.fake.calls();
    let aborted = calls.iter().find(|call| call.operation == "AbortMultipartUpload");
    let aborted = aborted.and_then(|call| call.parameter("uploadId"));
    assert_eq!(aborted, Some(&*upload.upload_id));
    let stored = cos.object("large")?.content;
    assert_ne!(old, Some(front(&stored)), "the same header, with the same key");
    Ran::from(cos.command(&sandbox, &["decrypt", &place, "-o", "copy"]).output()?).expect(0)?;
    assert!(sandbox.read("copy")? == content);
    Ok(())
}

/// Ctrl-C says that the same command goes on, and leaves what it takes for that.
#[test]
fn an_interrupted_transfer_says_that_it_can_be_gone_on_with() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    let content = large_file(&sandbox, 40 << 20)?;
    let place = cos.place("large");
    let copy = ["cp", &place, "copy"];
    for (operation, arguments) in [("UploadPart", ["cp", "large", &place]), ("GetObject", copy)] {
        cos.fake.inject(after(1, operation, Fault::delay(Duration::from_mins(10))));
        let mut child = start(&cos, &sandbox, &arguments)?;
        wait_for(&cos, &mut child, operation, 1)?;
        // Of two that come together the second one is no haste.
        interrupt(child, &[Signal::TERM, Signal::HUP])?
            .says("interrupted: the same command goes on where it was")?;
        cos.fake.clear_faults();
        let ran = Ran::from(cos.command(&sandbox, &arguments).output()?).expect(0)?;
        ran.says("an earlier run was interrupted: going on where it was")?;
    }
    assert!(sandbox.read("copy")? == content);
    assert_eq!(sandbox.names()?, ["copy", "large"]);
    assert!(names_in(&sandbox.store().join("transfers"))?.is_empty());
    Ok(())
}

/// Without a record there is nothing to go on with, and so nothing may be left.
#[test]
fn an_interrupted_transfer_without_a_record_leaves_nothing() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    large_file(&sandbox, 64 << 20)?;
    let place = cos.place("large");
    for arguments in [
        ["encrypt", "large", "--no-resume", "--output", &place],
        ["cp", "--no-resume", "--quiet", "large", &place],
    ] {
        let mut child = start_slowly(&cos, &sandbox, "UploadPart", &arguments)?;
        wait_for(&cos, &mut child, "UploadPart", 1)?;
        interrupt(child, &[Signal::INT])?;
        cos.fake.clear_faults();
        assert!(cos.fake.uploads(cos.fake.bucket()).is_empty(), "{arguments:?}");
        assert!(cos.object("large").is_err(), "{arguments:?}");
        let _ = cos.fake.take_calls();
    }
    Ok(())
}

/// What waits for a pipe ends as well.
#[test]
fn an_interrupted_pipe_leaves_nothing() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    let place = cos.place("piped");
    let mut command = minding_signals(&sandbox, &["encrypt", "--output", &place]);
    let mut child = command.envs(cos.variables()).stdin(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    stdin.write_all(&vec![7; 9 << 20])?;
    wait_for(&cos, &mut child, "UploadPart", 1)?;
    interrupt(child, &[Signal::INT])?;
    drop(stdin);
    assert!(cos.fake.uploads(cos.fake.bucket()).is_empty());
    assert!(cos.object("piped").is_err());
    Ok(())
}

/// What is written from its front to its end cannot be gone on with, and says no such thing.
#[test]
fn an_interrupted_download_without_a_record_leaves_nothing() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    large_file(&sandbox, 40 << 20)?;
    let (place, signed) = (cos.place("large"), cos.place("signed"));
    let suite = ["--suite", "signed"];
    let encrypt = [&["encrypt", "large", "--output", &signed][..], &suite].concat();
    Ran::from(cos.command(&sandbox, &encrypt).output()?).expect(0)?;
    Ran::from(cos.command(&sandbox, &["encrypt", "large", "-o", &place]).output()?).expect(0)?;
    for arguments in [
        &["decrypt", &place, "--no-resume", "--output", "copy"][..],
        &["decrypt", &signed, "--output", "copy"],
        &["cp", "--no-resume", &place, "copy"],
    ] {
        let mut command = minding_signals(&sandbox, arguments);
        // Slowly, so that it is not over before it is interrupted.
        let slowly = Fault::slow(64 << 10, Duration::from_millis(20)).always();
        cos.fake.inject(slowly.when(|called| called == "GetObject"));
        let mut child = command.envs(cos.variables()).stderr(Stdio::piped()).spawn()?;
        wait_until(&mut child, || {
            Ok(sandbox.names()?.iter().any(|name| name.ends_with(".partial")))
        })?;
        let ran = interrupt(child, &[Signal::INT])?;
        assert!(!ran.stderr.contains("goes on"), "{}", ran.stderr);
        cos.fake.clear_faults();
        assert_eq!(sandbox.names()?, ["large"], "{arguments:?}");
    }
    assert!(names_in(&sandbox.store().join("transfers"))?.is_empty());
    Ok(())
}

/// A file that somebody else has made meanwhile is not replaced.
#[test]
fn a_file_that_appears_meanwhile_stays() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    large_file(&sandbox, 20 << 20)?;
    let place = cos.place("large");
    Ran::from(cos.command(&sandbox, &["encrypt", "large", "-o", &place]).output()?).expect(0)?;
    for arguments in [&["decrypt", &place, "--output", "copy"][..], &["cp", &place, "copy"]] {
        let appearing = sandbox.work("copy");
        cos.fake.inject(Fault::close().always().when(move |called| {
            if called == "GetObject" {
                // What cannot be written is missed below.
                let _ = fs::write(&appearing, "of somebody else");
            }
            false
        }));
        let ran = Ran::from(cos.command(&sandbox, arguments).output()?).expect(2)?;
        ran.says("copy exists already")?;
        assert_eq!(sandbox.read("copy")?, b"of somebody else");
        cos.fake.clear_faults();
        fs::remove_file(sandbox.work("copy"))?;
        // What was fetched is there still.
        let _ = cos.fake.take_calls();
        let ran = Ran::from(cos.command(&sandbox, arguments).output()?).expect(0)?;
        ran.says("going on where it was")?;
        let calls = cos.fake.calls();
        let gets = calls.iter().filter(|call| call.operation == "GetObject");
        let fetched: Vec<_> = gets.map(|call| call.response_length).collect();
        assert!(fetched.iter().sum::<usize>() < 1 << 20, "{arguments:?}: {fetched:?}");
        fs::remove_file(sandbox.work("copy"))?;
    }
    Ok(())
}

/// Plaintext is for its owner, and what is copied for whom the umask says.
#[test]
fn files_that_come_from_cos_have_the_permissions_of_their_kind() -> TestResult {
    use std::os::unix::fs::PermissionsExt;
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    sandbox.write("file", "content")?;
    let mode = |name| Ok::<_, Box<dyn Error>>(fs::metadata(sandbox.work(name))?.permissions());
    let usual = mode("file")?;
    let place = cos.place("object");
    Ran::from(cos.command(&sandbox, &["encrypt", "file", "-o", &place]).output()?).expect(0)?;
    for (arguments, expected) in [
        (&["cp", &place, "copy"][..], usual.mode() & 0o777),
        (&["cp", "--no-resume", &place, "copy"], usual.mode() & 0o777),
        (&["decrypt", &place, "-o", "copy"], 0o600),
        (&["decrypt", "--no-resume", &place, "-o", "copy"], 0o600),
    ] {
        Ran::from(cos.command(&sandbox, arguments).output()?).expect(0)?;
        assert_eq!(mode("copy")?.mode() & 0o777, expected, "{arguments:?}");
        fs::remove_file(sandbox.work("copy"))?;
    }
    Ok(())
}
