//! Standard input and output.

use std::{
    error::Error,
    io::{Read, Write},
    process::Stdio,
    sync::mpsc,
    thread,
    time::Duration,
};

use crypto_envelope_testkit::data;

use crate::sandbox::{Ran, Sandbox, TestResult};

#[test]
fn a_pipe_goes_there_and_back() -> TestResult {
    let sandbox = Sandbox::new()?;
    let text = data::plaintext(3_000_000, 1);
    for arguments in [&["--suite", "signed"][..], &["--frame-length", "1000"]] {
        let message = sandbox.pipe(&[&["encrypt"], arguments].concat(), &text)?.expect(0)?;
        for arguments in [&["decrypt"][..], &["decrypt", "-", "--buffer"]] {
            let back = sandbox.pipe(arguments, &message.stdout)?.expect(0)?;
            assert!(back.stdout == text);
        }
    }
    assert!(sandbox.names()?.is_empty());
    Ok(())
}

#[test]
fn an_unsigned_stream_comes_out_frame_by_frame_and_the_end_tells() -> TestResult {
    let sandbox = Sandbox::new()?;
    let text = data::plaintext(3_000_000, 2);
    let message = sandbox.pipe(&["encrypt"], &text)?.expect(0)?.stdout;
    let cut = &message[..message.len() - 1];
    let early = sandbox.pipe(&["decrypt"], cut)?.expect(5)?.says("do not use it")?;
    assert!(!early.stdout.is_empty() && text.starts_with(&early.stdout));
    let buffered = sandbox.pipe(&["decrypt", "--buffer"], cut)?.expect(5)?;
    assert!(buffered.stdout.is_empty());
    Ok(())
}

/// What is there comes out, and what is wrong is said, while the other end of the pipe takes its
/// time, however many threads there could be.
#[test]
fn a_pipe_that_pauses_keeps_nothing_back() -> TestResult {
    let sandbox = Sandbox::new()?;
    let text = data::plaintext(100_000, 4);
    let message = sandbox.pipe(&["encrypt", "--frame-length", "1000"], &text)?.expect(0)?.stdout;
    let start = |bytes: &[u8]| -> Result<_, Box<dyn Error>> {
        let mut command = sandbox.command(&["decrypt", "--threads", "4"]);
        let mut keyferry =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut input = keyferry.stdin.take().ok_or("no standard input")?;
        input.write_all(bytes)?;
        Ok((keyferry, input))
    };
    let patience = Duration::from_mins(1);

    // As much as a pipe holds, so that nobody waits here.
    let (mut keyferry, mut input) = start(&message[..50_000])?;
    let mut output = keyferry.stdout.take().ok_or("no standard output")?;
    let (sender, receiver) = mpsc::channel();
    let reading = thread::spawn(move || -> std::io::Result<Vec<u8>> {
        let mut out = vec![0; 1];
        output.read_exact(&mut out)?;
        let _ = sender.send(());
        output.read_to_end(&mut out)?;
        Ok(out)
    });
    let came_out = receiver.recv_timeout(patience);
    input.write_all(&message[50_000..])?;
    drop(input);
    came_out?;
    assert!(reading.join().map_err(|_| "reading panicked")?? == text);
    assert!(keyferry.wait()?.success());

    let mut wrong = message[..50_000].to_vec();
    wrong[2000] ^= 1;
    let (mut keyferry, input) = start(&wrong)?;
    let mut output = keyferry.stdout.take().ok_or("no standard output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(output.read_to_end(&mut Vec::new())));
    let ended = receiver.recv_timeout(patience);
    drop(input);
    assert_eq!(keyferry.wait()?.code(), Some(5));
    ended??;
    Ok(())
}

#[test]
fn nothing_of_a_signed_stream_comes_out_before_its_signature() -> TestResult {
    let sandbox = Sandbox::new()?;
    let message =
        sandbox.pipe(&["encrypt", "--suite", "signed"], &vec![7; 1_000_000])?.expect(0)?;
    let mut changed = message.stdout;
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    let refused = sandbox.pipe(&["decrypt"], &changed)?.expect(5)?.says("message signature")?;
    assert!(refused.stdout.is_empty());
    Ok(())
}

/// Exit code 0 means that nothing is missing, so data that nobody takes is an error. What is said
/// for people is not data.
#[test]
fn data_must_be_taken_and_talk_need_not() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", data::plaintext(5_000_000, 3))?;
    let context: Vec<_> = (0..300).map(|i| format!("-c{i}={}", "x".repeat(200))).collect();
    let context: Vec<_> = context.iter().map(String::as_str).collect();
    sandbox.run(&[&["encrypt", "file"], &context[..]].concat())?.expect(0)?;
    let end_early = |arguments: &[&str]| {
        let mut child = sandbox.command(arguments).spawn()?;
        let mut stdout = child.stdout.take().ok_or("no standard output")?;
        stdout.read_exact(&mut [0; 10])?;
        drop(stdout);
        Ok::<_, Box<dyn Error>>(Ran::from(child.wait_with_output()?))
    };
    end_early(&["decrypt", "file.encrypted", "-o", "-"])?.expect(1)?.says("cannot write")?;
    let inspected = end_early(&["inspect", "file.encrypted"])?.expect(0)?;
    assert_eq!(inspected.stderr, "");
    Ok(())
}

#[test]
fn what_is_said_never_mixes_with_the_data() -> TestResult {
    let sandbox = Sandbox::new()?;
    let message = sandbox.pipe(&["encrypt", "--json"], b"text")?.expect(0)?;
    let lines: Result<Vec<serde_json::Value>, _> =
        message.stderr.lines().map(serde_json::from_str).collect();
    let [made, report] = &lines?[..] else { return Err("not two lines".into()) };
    assert_eq!(made["operation"], "make-key");
    assert_eq!(report["plaintext_length"], 4);
    assert_eq!(sandbox.pipe(&["decrypt", "--json"], &message.stdout)?.expect(0)?.stdout, b"text");

    sandbox.write("file", "text")?;
    let ran = sandbox.run(&["encrypt", "--json", "file"])?.expect(0)?;
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout)?;
    assert_eq!(
        (&report["operation"], &report["output"]),
        (&"encrypt".into(), &"file.encrypted".into())
    );
    assert_eq!(ran.stderr, "");
    Ok(())
}

#[test]
fn a_closed_standard_input_is_an_empty_file() -> TestResult {
    let sandbox = Sandbox::new()?;
    let mut command = sandbox.command(&["encrypt"]);
    let message = Ran::from(command.stdin(Stdio::null()).output()?).expect(0)?.stdout;
    assert!(sandbox.pipe(&["decrypt"], &message)?.expect(0)?.stdout.is_empty());
    Ok(())
}

/// The work is done and nobody is left to tell: no failure.
#[test]
fn standard_error_may_be_full() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
    let status = sandbox.command(&["encrypt", "file"]).stderr(full).status()?;
    assert_eq!(status.code(), Some(0));
    Ok(())
}

#[test]
fn a_full_device_is_an_error() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "file", "-o", "/dev/full"])?.expect(1)?.says("/dev/full")?;
    Ok(())
}

/// A broken redirection must not look like an empty file or a success.
#[test]
fn descriptors_that_cannot_be_used_are_errors() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "file"])?.expect(0)?;
    let write_only = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    let output = sandbox.command(&["encrypt", "-o", "empty"]).stdin(write_only).output()?;
    Ran::from(output).expect(1)?.says("cannot read standard input")?;
    assert!(!sandbox.work("empty").exists());

    let read_only = std::fs::File::open("/dev/null")?;
    let output =
        sandbox.command(&["decrypt", "file.encrypted", "-o", "-"]).stdout(read_only).output()?;
    Ran::from(output).expect(1)?.says("cannot write standard output")?;
    Ok(())
}

/// Standard output by its path is standard output.
#[test]
fn standard_output_by_its_path() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "file"])?.expect(0)?;
    let decrypt = ["decrypt", "--json", "--force", "file.encrypted", "-o", "/dev/stdout"];
    let ran = sandbox.run(&decrypt)?.expect(0)?;
    assert_eq!(ran.stdout, b"text");
    assert!(ran.stderr.contains("plaintext_length"));

    let redirected = std::fs::File::create(sandbox.work("redirected"))?;
    let output = sandbox.command(&decrypt).stdout(redirected).output()?;
    Ran::from(output).expect(2)?.says("--output -")?;
    assert!(sandbox.read("redirected")?.is_empty());
    Ok(())
}
