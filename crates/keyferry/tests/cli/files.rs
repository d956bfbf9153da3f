//! Files: names, overwriting, and that nothing half-written or unverified stays.

use std::{fs, os::unix::fs::symlink, process::Command};

use crypto_envelope_testkit::data;

use crate::sandbox::{Ran, Sandbox, TestResult, mode_of};

#[test]
fn a_file_goes_there_and_back() -> TestResult {
    let sandbox = Sandbox::new()?;
    let text = data::plaintext(300_000, 1);
    sandbox.write("file.txt", &text)?;
    sandbox.run(&["encrypt", "file.txt"])?.expect(0)?.says("file.txt.encrypted")?;
    fs::remove_file(sandbox.work("file.txt"))?;
    sandbox.run(&["decrypt", "file.txt.encrypted"])?.expect(0)?;
    assert!(sandbox.read("file.txt")? == text);
    assert_eq!(sandbox.names()?, ["file.txt", "file.txt.encrypted"]);
    Ok(())
}

#[test]
fn sizes_around_a_frame() -> TestResult {
    let sandbox = Sandbox::new()?;
    for suite in ["signed", "unsigned"] {
        for length in [0, 1, 65_535, 65_536, 65_537, 1 << 20, (1 << 20) + 1] {
            let text = data::plaintext(length, 2);
            sandbox.write("file", &text)?;
            sandbox.run(&["encrypt", "-f", "--suite", suite, "file"])?.expect(0)?;
            sandbox.run(&["decrypt", "-f", "file.encrypted", "-o", "back"])?.expect(0)?;
            assert!(sandbox.read("back")? == text, "{suite} {length}");
        }
    }
    Ok(())
}

#[test]
fn plaintext_is_private() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "file"])?.expect(0)?;
    sandbox.run(&["decrypt", "file.encrypted", "-o", "back"])?.expect(0)?;
    assert_eq!(mode_of(&sandbox.work("back"))?, 0o600);
    assert_eq!(mode_of(&sandbox.work("file.encrypted"))?, mode_of(&sandbox.work("file"))?);
    Ok(())
}

#[test]
fn a_file_is_replaced_only_by_force() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.write("file.encrypted", "precious")?;
    sandbox.run(&["encrypt", "file"])?.expect(2)?.says("--force")?;
    assert_eq!(sandbox.read("file.encrypted")?, b"precious");
    sandbox.run(&["encrypt", "--force", "file"])?.expect(0)?;
    sandbox.run(&["decrypt", "file.encrypted"])?.expect(2)?.says("exists already")?;
    sandbox.run(&["decrypt", "--force", "file.encrypted"])?.expect(0)?;
    assert_eq!(sandbox.read("file")?, b"text");
    Ok(())
}

#[test]
fn a_file_can_be_its_own_output() -> TestResult {
    let sandbox = Sandbox::new()?;
    let text = data::plaintext(200_000, 3);
    sandbox.write("file", &text)?;
    sandbox.run(&["encrypt", "-f", "file", "-o", "file"])?.expect(0)?;
    assert!(sandbox.read("file")? != text);
    sandbox.run(&["decrypt", "-f", "file", "-o", "file"])?.expect(0)?;
    assert!(sandbox.read("file")? == text);
    Ok(())
}

#[test]
fn a_changed_or_truncated_file_leaves_nothing() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", data::plaintext(300_000, 4))?;
    for suite in ["signed", "unsigned"] {
        sandbox.run(&["encrypt", "-f", "--suite", suite, "file", "-o", "good"])?.expect(0)?;
        let good = sandbox.read("good")?;
        let mut changed = good.clone();
        changed[250_000] ^= 1;
        let mut longer = good.clone();
        longer.push(0);
        for (bad, reason) in [
            (&changed[..], "authentication failed: frame 4"),
            (&good[..250_000], "truncated"),
            (&good[..good.len() - 1], "truncated"),
            (&good[..100], "truncated"),
            (&[][..], "truncated"),
            (&longer[..], "malformed"),
        ] {
            sandbox.write("bad.encrypted", bad)?;
            sandbox.run(&["decrypt", "bad.encrypted"])?.expect(5)?.says(reason)?;
            assert_eq!(sandbox.names()?, ["bad.encrypted", "file", "good"]);
        }
    }
    Ok(())
}

#[test]
fn a_failed_decryption_keeps_the_old_file() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", data::plaintext(100, 5))?;
    sandbox.run(&["encrypt", "file"])?.expect(0)?;
    let message = sandbox.read("file.encrypted")?;
    sandbox.write("file.encrypted", &message[..message.len() - 1])?;
    sandbox.run(&["decrypt", "--force", "file.encrypted"])?.expect(5)?;
    assert_eq!(sandbox.read("file")?, data::plaintext(100, 5));
    Ok(())
}

/// Where a link leads is not for this program to trust: the link is replaced, by force only.
#[test]
fn a_link_is_replaced_and_not_followed() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.write("real", "precious")?;
    for (link, target) in [("link", "real"), ("dangling", "nowhere")] {
        symlink(target, sandbox.work(link))?;
        sandbox.run(&["encrypt", "file", "-o", link])?.expect(2)?.says("exists already")?;
        sandbox.run(&["encrypt", "-f", "file", "-o", link])?.expect(0)?;
        assert!(!sandbox.work(link).is_symlink());
        sandbox.run(&["decrypt", link, "-o", "-"])?.expect(0)?;
    }
    assert_eq!(sandbox.read("real")?, b"precious");
    assert!(!sandbox.work("nowhere").exists());
    Ok(())
}

/// Somebody else may have put it there.
#[test]
fn a_pipe_in_the_place_of_the_result_is_neither_fed_nor_replaced() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    let pipe = sandbox.work("file.encrypted");
    assert!(Command::new("mkfifo").arg(&pipe).status()?.success());
    for force in [&[][..], &["--force"]] {
        let ran = sandbox.run(&[&["encrypt", "file"], force].concat())?;
        ran.expect(2)?.says("not a regular file")?;
    }
    assert!(!fs::metadata(pipe)?.is_file());
    Ok(())
}

/// What one run writes the other reads, up to the longest frame.
#[test]
fn the_longest_frames_come_back() -> TestResult {
    let sandbox = Sandbox::new()?;
    let text = vec![7; (64 << 20) + 1000];
    sandbox.write("file", &text)?;
    let longest = (64 << 20).to_string();
    for suite in ["signed", "unsigned"] {
        let options = ["--suite", suite, "--frame-length", &longest];
        sandbox.run(&[&["encrypt", "-f", "file"], &options[..]].concat())?.expect(0)?;
        sandbox.run(&["decrypt", "-f", "file.encrypted", "-o", "back"])?.expect(0)?;
        assert!(sandbox.read("back")? == text, "{suite}");
    }
    let longer = ((64 << 20) + 1).to_string();
    sandbox.run(&["encrypt", "-f", "--frame-length", &longer, "file"])?.expect(2)?;
    Ok(())
}

#[test]
fn a_pipe_is_written_to_and_not_replaced() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "file"])?.expect(0)?;
    let (ran, came_out) = decrypt_into_pipe(&sandbox, &[])?;
    ran.expect(0)?;
    assert_eq!(came_out, b"text");
    assert!(!fs::metadata(sandbox.work("pipe"))?.is_file());
    Ok(())
}

/// A pipe by its path cannot be taken back any more than standard output.
#[test]
fn nothing_unverified_goes_into_a_pipe() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", data::plaintext(3_000_000, 6))?;
    for (suite, arguments) in
        [("signed", &[][..]), ("signed", &["--buffer"]), ("unsigned", &["--buffer"])]
    {
        sandbox.run(&["encrypt", "-f", "--suite", suite, "file"])?.expect(0)?;
        let mut message = sandbox.read("file.encrypted")?;
        if let Some(last) = message.last_mut() {
            *last ^= 1;
        }
        sandbox.write("file.encrypted", &message)?;
        let (ran, came_out) = decrypt_into_pipe(&sandbox, arguments)?;
        ran.expect(5)?;
        assert!(came_out.is_empty(), "{suite} {arguments:?}: {} bytes", came_out.len());
    }
    Ok(())
}

fn decrypt_into_pipe(
    sandbox: &Sandbox,
    arguments: &[&str],
) -> Result<(Ran, Vec<u8>), Box<dyn std::error::Error>> {
    let pipe = sandbox.work("pipe");
    if !pipe.exists() {
        assert!(Command::new("mkfifo").arg(&pipe).status()?.success());
    }
    let reader = std::thread::spawn(move || fs::read(pipe));
    let decrypt = ["decrypt", "file.encrypted", "-o", "pipe"];
    let ran = sandbox.run(&[&decrypt, arguments].concat())?;
    let came_out = reader.join().map_err(|_| "the reader panicked")??;
    Ok((ran, came_out))
}

#[test]
fn mistakes_with_files_are_explained() -> TestResult {
    let sandbox = Sandbox::new()?;
    fs::create_dir(sandbox.work("folder"))?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "nowhere"])?.expect(1)?.says("cannot read nowhere")?;
    sandbox.run(&["encrypt", "folder"])?.expect(2)?.says("is a directory")?;
    sandbox
        .run(&["encrypt", "file", "-o", "no/such/folder"])?
        .expect(2)?
        .says("there is no folder")?;
    sandbox.run(&["decrypt", "file"])?.expect(2)?.says("--output")?;
    sandbox.run(&["decrypt", "file", "-o", "x"])?.expect(5)?.says("not an encrypted message")?;
    assert_eq!(sandbox.names()?, ["file", "folder"]);
    Ok(())
}
