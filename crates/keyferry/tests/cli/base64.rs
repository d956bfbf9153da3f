//! Base64 in and out.

use std::process::Command;

use crypto_envelope_testkit::data;

use crate::sandbox::{Sandbox, TestResult};

#[test]
fn messages_travel_as_base64() -> TestResult {
    let sandbox = Sandbox::new()?;
    for (length, suite) in [(0, "signed"), (1, "unsigned"), (1_000_000, "signed")] {
        let text = data::plaintext(length, 1);
        let options = ["encrypt", "--encode", "--suite", suite];
        let message = sandbox.pipe(&options, &text)?.expect(0)?.stdout;
        assert!(message.ends_with(b"\n"));
        assert!(message[..message.len() - 1].iter().all(u8::is_ascii_graphic));
        let back = sandbox.pipe(&["decrypt", "--decode"], &message)?.expect(0)?;
        assert!(back.stdout == text);
        let inspected = sandbox.pipe(&["inspect", "--decode", "--full"], &message)?.expect(0)?;
        assert!(String::from_utf8(inspected.stdout)?.contains(&format!("{length} bytes")));
    }
    Ok(())
}

/// The tool of the system agrees, also about broken lines.
#[test]
fn others_read_and_write_it() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", data::plaintext(100_000, 2))?;
    sandbox.run(&["encrypt", "--encode", "file", "-o", "text"])?.expect(0)?;
    let message = Command::new("base64").arg("-d").arg(sandbox.work("text")).output()?;
    sandbox.write("binary", &message.stdout)?;
    let wrapped = Command::new("base64").arg(sandbox.work("binary")).output()?;
    sandbox.write("wrapped", &wrapped.stdout)?;
    for arguments in [&["binary"][..], &["--decode", "wrapped"], &["--decode", "text"]] {
        let decrypt = [&["decrypt", "-f", "-o", "back"], arguments].concat();
        sandbox.run(&decrypt)?.expect(0)?;
        assert!(sandbox.read("back")? == data::plaintext(100_000, 2), "{arguments:?}");
    }
    let encoded = sandbox.run(&["decrypt", "--encode", "binary", "-o", "-"])?.expect(0)?;
    sandbox.write("encoded", &encoded.stdout)?;
    let plain = Command::new("base64").arg("-d").arg(sandbox.work("encoded")).output()?;
    assert!(plain.stdout == data::plaintext(100_000, 2));
    Ok(())
}

#[test]
fn mistakes_are_explained() -> TestResult {
    let sandbox = Sandbox::new()?;
    let message = sandbox.pipe(&["encrypt", "--encode"], b"text")?.expect(0)?.stdout;
    sandbox.pipe(&["decrypt"], &message)?.expect(5)?.says("--decode")?;
    let binary = sandbox.pipe(&["encrypt"], b"text")?.expect(0)?.stdout;
    sandbox
        .pipe(&["decrypt", "--decode"], &binary)?
        .expect(5)?
        .says("standard input is not base64 at byte 0")?
        .says("leave out --decode")?;
    let cut = &message[..message.len() - 3];
    let refused = sandbox.pipe(&["decrypt", "--decode"], cut)?.expect(5)?;
    refused.says("is not base64 at byte")?;
    let longer = [&message[..], b"AAAA"].concat();
    sandbox.pipe(&["decrypt", "--decode", "--buffer"], &longer)?.expect(5)?;
    Ok(())
}
