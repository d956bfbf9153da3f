//! `keys`: list, create, export, import.

use std::fs;

use serde_json::Value;

use crate::sandbox::{Sandbox, TestResult, mode_of, names_in};

/// 32 bytes.
const KEY: &str = "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n";

fn ids(sandbox: &Sandbox) -> Result<Vec<(String, bool)>, Box<dyn std::error::Error>> {
    let ran = sandbox.run(&["keys", "list", "--json"])?.expect(0)?;
    let mut ids = Vec::new();
    for line in std::str::from_utf8(&ran.stdout)?.lines() {
        let key: Value = serde_json::from_str(line)?;
        let id = key["id"].as_str().ok_or("no id")?;
        ids.push((id.to_owned(), key["default"] == true));
    }
    Ok(ids)
}

fn default_id(sandbox: &Sandbox) -> Result<String, Box<dyn std::error::Error>> {
    let ids = ids(sandbox)?;
    let default = ids.into_iter().find(|(_, is_default)| *is_default);
    Ok(default.ok_or("no default key")?.0)
}

#[test]
fn the_first_key_encrypts_and_others_on_request() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.run(&["keys", "list"])?.expect(0)?.says("no keys yet")?;
    sandbox.run(&["keys", "create"])?.expect(0)?.says("made a new key")?.says("encrypts from")?;
    let first = default_id(&sandbox)?;
    sandbox.run(&["keys", "create"])?.expect(0)?.says("to encrypt with it as well: --default")?;
    assert_eq!((ids(&sandbox)?.len(), default_id(&sandbox)?), (2, first.clone()));
    let message = sandbox.pipe(&["encrypt"], b"text")?.expect(0)?.stdout;

    sandbox.run(&["keys", "create", "--default"])?.expect(0)?;
    let third = default_id(&sandbox)?;
    assert_ne!(third, first);
    assert_eq!(sandbox.pipe(&["decrypt"], &message)?.expect(0)?.stdout, b"text");
    let newer = sandbox.pipe(&["encrypt", "--json"], b"text")?.expect(0)?;
    assert!(newer.stderr.contains(&third), "{}", newer.stderr);

    let listed = String::from_utf8(sandbox.run(&["keys", "list"])?.expect(0)?.stdout)?;
    assert_eq!(listed.lines().count(), 3);
    assert!(listed.contains(&format!("* {third}")), "{listed}");
    Ok(())
}

#[test]
fn a_key_moves_to_another_machine() -> TestResult {
    let (here, there) = (Sandbox::new()?, Sandbox::new()?);
    let message = here.pipe(&["encrypt"], b"text")?.expect(0)?.stdout;
    let id = default_id(&here)?;
    let file = format!("{id}.key");
    here.run(&["keys", "export", &id])?.expect(0)?;
    assert_eq!(mode_of(&here.work(&file))?, 0o600);
    here.run(&["keys", "export", &id])?.expect(2)?.says("exists already")?;
    let piped = here.run(&["keys", "export", &id, "-o", "-"])?.expect(0)?;
    assert_eq!(piped.stdout, here.read(&file)?);

    there.write_key(&file, here.read(&file)?, 0o600)?;
    there.pipe(&["decrypt"], &message)?.expect(4)?;
    there.run(&["keys", "import", &file])?.expect(0)?.says("encrypts from now on")?;
    assert_eq!(there.pipe(&["decrypt"], &message)?.expect(0)?.stdout, b"text");
    assert_eq!(mode_of(&there.store().join("keys").join(&file))?, 0o600);
    // Again: nothing to do.
    there.run(&["keys", "import", &file])?.expect(0)?;
    assert_eq!(ids(&there)?, [(id, true)]);
    Ok(())
}

#[test]
fn an_imported_key_encrypts_only_on_request() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.run(&["keys", "create"])?.expect(0)?;
    let first = default_id(&sandbox)?;
    let id = "0".repeat(32);
    sandbox.write_key("copy", KEY, 0o600)?;
    sandbox.run(&["keys", "import", "copy"])?.expect(2)?.says("is not called ID.key")?;
    sandbox.run(&["keys", "import", "copy", "--id", &id])?.expect(0)?;
    assert_eq!(default_id(&sandbox)?, first);
    sandbox.run(&["keys", "import", "copy", "--id", &id, "--default"])?.expect(0)?;
    assert_eq!(default_id(&sandbox)?, id);
    Ok(())
}

#[test]
fn keys_are_never_mixed_up_or_left_open() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.run(&["keys", "create"])?.expect(0)?;
    let id = default_id(&sandbox)?;
    let stored = sandbox.store().join("keys").join(format!("{id}.key"));
    let before = fs::read(&stored)?;
    sandbox.write_key("other", KEY, 0o600)?;
    sandbox.run(&["keys", "import", "other", "--id", &id])?.expect(2)?.says("another key")?;
    assert_eq!(fs::read(&stored)?, before);

    sandbox.write_key("open", KEY, 0o644)?;
    let fresh = "1".repeat(32);
    sandbox.run(&["keys", "import", "open", "--id", &fresh])?.expect(6)?.says("chmod 600")?;
    sandbox.write_key("short", "AAAAAAAAAAAAAAAAAAAAAA==", 0o600)?;
    sandbox.run(&["keys", "import", "short", "--id", &fresh])?.expect(2)?.says("32 bytes")?;
    sandbox.write_key("hex", "5a".repeat(32), 0o600)?;
    sandbox.run(&["keys", "import", "hex", "--id", &fresh])?.expect(2)?.says("does not hold")?;
    for bad in ["..", "0a", "../../etc/passwd", &"0A".repeat(16)] {
        sandbox.run(&["keys", "import", "other", "--id", bad])?.expect(2)?.says("not the id")?;
        sandbox.run(&["keys", "export", bad])?.expect(2)?.says("not the id")?;
    }
    sandbox.run(&["keys", "export", &fresh])?.expect(4)?.says("cannot read the key file")?;
    assert_eq!(names_in(&sandbox.store().join("keys"))?, [format!("{id}.key")]);
    Ok(())
}

/// A disk that is full leaves no half key behind.
#[test]
fn a_key_has_its_name_once_it_is_complete() -> TestResult {
    let sandbox = Sandbox::new()?;
    let line = format!("ulimit -f 0; exec {} keys create", env!("CARGO_BIN_EXE_keyferry"));
    let output = sandbox.command_of("sh", &["-c", &line]).output()?;
    assert!(!output.status.success());
    assert!(names_in(&sandbox.store().join("keys"))?.is_empty());
    sandbox.run(&["keys", "create"])?.expect(0)?;
    Ok(())
}
