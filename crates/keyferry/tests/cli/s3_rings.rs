//! Key rings in S3, when whoever makes or uses them is killed.

use std::{
    process::Child,
    thread,
    time::{Duration, Instant},
};

use crypto_envelope_testkit::fake::http::Fault;

use crate::{
    s3::S3,
    sandbox::{Sandbox, TestResult},
};

const CREATE: [&str; 8] =
    ["s3", "ring", "create", "s3://photos/", "--bucket", "photos", "--provider", "raw-aes:root"];
const UP: [&str; 5] = ["cp", "file", "s3://photos/file", "--sse-c-provider", "raw-aes:root"];
const DOWN: [&str; 6] =
    ["cp", "s3://photos/file", "-", "--quiet", "--sse-c-provider", "raw-aes:root"];
const RING: &str = ".crypto-envelope/sse-c-key-ring.json";

/// There is a ring by then, and no object: the same command makes one, under a key of that ring.
#[test]
fn killed_between_the_ring_and_the_object() -> TestResult {
    let (s3, sandbox) = prepared()?;
    assert!(s3.command(&sandbox, &CREATE).output()?.status.success());
    let ring = s3.fake.object("photos", RING).ok_or("no ring")?;
    let _ = s3.fake.take_calls();
    delay(&s3, "CreateMultipartUpload");
    let child = s3.command(&sandbox, &UP).spawn()?;
    kill_when(child, || {
        s3.fake.calls().iter().filter(|call| call.operation == "GetObject").count() > 0
    })?;
    s3.fake.clear_faults();
    thread::sleep(SETTLED);
    assert!(s3.fake.object("photos", "file").is_none(), "it was done by then");
    assert_eq!(s3.fake.object("photos", RING).ok_or("no ring")?.etag, ring.etag);
    assert!(s3.command(&sandbox, &UP).output()?.status.success());
    assert_eq!(s3.command(&sandbox, &DOWN).output()?.stdout, b"text");
    Ok(())
}

/// Then there is a ring or there is none, and nothing between.
#[test]
fn killed_while_the_ring_is_made() -> TestResult {
    let (s3, sandbox) = prepared()?;
    delay(&s3, "PutObject");
    let child = s3.command(&sandbox, &CREATE).spawn()?;
    let begun = Instant::now();
    kill_when(child, || begun.elapsed() > Duration::from_millis(400))?;
    s3.fake.clear_faults();
    thread::sleep(SETTLED);
    let was_there = s3.fake.object("photos", RING).is_some();
    let again = s3.command(&sandbox, &CREATE).output()?;
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert_eq!(again.status.success(), !was_there, "{said}");
    assert!(!was_there || said.contains("there is one already"), "{said}");
    assert!(s3.command(&sandbox, &UP).output()?.status.success());
    assert_eq!(s3.command(&sandbox, &DOWN).output()?.stdout, b"text");
    Ok(())
}

fn prepared() -> TestResult<(S3, Sandbox)> {
    let (s3, sandbox) = (S3::start()?, Sandbox::new()?);
    sandbox.write("file", "text")?;
    sandbox.write_key("root", [7; 32], 0o600)?;
    Ok((s3, sandbox))
}

fn delay(s3: &S3, delayed: &'static str) {
    let slowly = Fault::delay(Duration::from_secs(1)).always();
    s3.fake.inject(slowly.when(move |operation| operation == delayed));
}

/// As nothing else does.
fn kill_when(mut child: Child, is_time: impl Fn() -> bool) -> TestResult {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_time() {
        assert!(Instant::now() < deadline, "it did not come to that");
        assert!(child.try_wait()?.is_none(), "it ended early");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// After which nothing arrives any more.
const SETTLED: Duration = Duration::from_millis(1500);
