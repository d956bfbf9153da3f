//! The keys that the program makes itself.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope_testkit::redaction;

use crate::sandbox::{Sandbox, TestResult, mode_of, names_in};

#[test]
fn the_first_encryption_makes_a_private_key_and_says_where() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    let first = sandbox.run(&["encrypt", "file"])?.expect(0)?;
    let keys = names_in(&sandbox.store().join("keys"))?;
    let key = sandbox.store().join("keys").join(&keys[0]);
    let first = first.says(&key.display().to_string())?.says("without it the data is lost")?;
    assert_eq!(keys.len(), 1);
    assert_eq!(mode_of(&key)?, 0o600);
    for folder in [sandbox.store(), sandbox.store().join("keys")] {
        assert_eq!(mode_of(&folder)?, 0o700);
    }

    let second = sandbox.run(&["encrypt", "-f", "file"])?.expect(0)?;
    assert!(!second.stderr.contains("made a new key"));
    assert_eq!(names_in(&sandbox.store().join("keys"))?, keys);

    let secret = BASE64.decode(fs::read_to_string(key)?.trim_end())?;
    redaction::hunt(&first.stderr, &[&secret])?;
    redaction::hunt(&second.stderr, &[&secret])?;
    Ok(())
}

#[test]
fn the_key_is_said_even_when_quiet() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "--quiet", "file"])?.expect(0)?.says("made a new key")?;
    assert_eq!(sandbox.run(&["encrypt", "--quiet", "-f", "file"])?.expect(0)?.stderr, "");
    Ok(())
}

#[test]
fn decryption_never_makes_a_key_and_names_the_missing_one() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "file"])?.expect(0)?;
    let keys = names_in(&sandbox.store().join("keys"))?;
    let id = keys[0].trim_end_matches(".key");
    fs::remove_dir_all(sandbox.path("data"))?;

    sandbox.run(&["decrypt", "file.encrypted", "-o", "back"])?.expect(4)?.says(id)?;
    assert!(!sandbox.path("data").exists());
    assert_eq!(sandbox.names()?, ["file", "file.encrypted"]);
    Ok(())
}

#[test]
fn a_lost_default_key_is_not_replaced_in_silence() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "file"])?.expect(0)?;
    fs::remove_dir_all(sandbox.store().join("keys"))?;
    sandbox.run(&["encrypt", "-f", "file"])?.expect(4)?.says("cannot read the key file")?;
    assert!(!sandbox.store().join("keys").exists());
    Ok(())
}

#[test]
fn a_key_that_others_can_read_is_refused() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "file"])?.expect(0)?;
    let key = sandbox.store().join("keys").join(&names_in(&sandbox.store().join("keys"))?[0]);
    fs::set_permissions(&key, Permissions::from_mode(0o644))?;
    let mend = format!("chmod 600 {}", key.display());
    sandbox.run(&["encrypt", "-f", "file"])?.expect(6)?.says(&mend)?;
    sandbox.run(&["decrypt", "-f", "file.encrypted"])?.expect(4)?.says(&mend)?;
    fs::set_permissions(&key, Permissions::from_mode(0o600))?;
    sandbox.run(&["decrypt", "-f", "file.encrypted"])?.expect(0)?;
    Ok(())
}

#[test]
fn many_first_times_at_once_make_one_key() -> TestResult {
    let sandbox = Sandbox::new()?;
    let mut children = Vec::new();
    for i in 0..12 {
        let name = format!("file{i}");
        sandbox.write(&name, &name)?;
        children.push((name.clone(), sandbox.command(&["encrypt", &name]).spawn()?));
    }
    for (name, child) in children {
        let output = child.wait_with_output()?;
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(names_in(&sandbox.store().join("keys"))?.len(), 1);
    assert_eq!(names_in(&sandbox.store())?, ["default", "keys"]);
    for i in 0..12 {
        let name = format!("file{i}");
        let message = format!("{name}.encrypted");
        let back = sandbox.run(&["decrypt", &message, "-o", "-"])?.expect(0)?;
        assert_eq!(back.stdout, name.as_bytes());
    }
    Ok(())
}

/// The id in a message becomes part of a path: it must be nothing but an id.
#[test]
fn a_message_cannot_point_at_other_files() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write_key("key", [7; 32], 0o600)?;
    sandbox.write("file", "text")?;
    let provider = "raw-aes:key?namespace=keyferry&name=../../../work/key";
    sandbox.run(&["encrypt", "-p", provider, "file"])?.expect(0)?;
    sandbox
        .run(&["decrypt", "file.encrypted", "-o", "back"])?
        .expect(4)?
        .says("not a key of this key provider")?;
    Ok(())
}

#[test]
fn without_a_home_there_is_a_hint() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    let mut command = sandbox.command(&["encrypt", "file"]);
    let output = command.env_remove("XDG_DATA_HOME").env_remove("HOME").output()?;
    crate::sandbox::Ran::from(output).expect(2)?.says("--provider")?;
    Ok(())
}
