//! Contexts, `inspect`, and what is printed of a message that others wrote.

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, TestResult};

#[test]
fn the_context_is_checked() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.run(&["encrypt", "-c", "tenant=blue", "--context", "a=b=c", "file"])?.expect(0)?;
    let decrypt = |context| sandbox.run(&["decrypt", "-c", context, "file.encrypted", "-o", "-"]);
    assert_eq!(decrypt("tenant=blue")?.expect(0)?.stdout, b"text");
    assert_eq!(decrypt("a=b=c")?.expect(0)?.stdout, b"text");
    decrypt("tenant=red")?.expect(6)?.says("another value for the key \"tenant\"")?;
    decrypt("planet=red")?.expect(6)?.says("no pair with the key \"planet\"")?;
    decrypt("planet")?.expect(6)?.says("no pair with the key \"planet\"")?;
    assert_eq!(decrypt("tenant")?.expect(0)?.stdout, b"text");
    decrypt("")?.expect(2)?.says("KEY=VALUE")?;
    sandbox.run(&["encrypt", "-c", "tenant", "-f", "file"])?.expect(2)?.says("KEY=VALUE")?;
    sandbox
        .run(&["decrypt", "-c", "tenant=red", "-c", "tenant=blue", "file.encrypted", "-o", "-"])?
        .expect(2)?
        .says("\"tenant\" twice")?;
    sandbox.run(&["encrypt", "-c", "aws-crypto-x=1", "-f", "file"])?.expect(6)?.says("reserved")?;
    Ok(())
}

#[test]
fn inspect_needs_no_key_and_promises_nothing() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", vec![7; 100_000])?;
    sandbox.write_key("key", [0xe1; 32], 0o600)?;
    let provider = "raw-aes:key?namespace=ns&name=my key";
    sandbox.run(&["encrypt", "-p", provider, "-c", "tenant=blue", "file"])?.expect(0)?;
    std::fs::remove_file(sandbox.work("key"))?;

    let text = sandbox.run(&["inspect", "file.encrypted"])?.expect(0)?;
    let text = String::from_utf8(text.stdout)?;
    for part in
        ["nothing here is verified", "0478", "tenant = blue", "ns my key", "about 100000 bytes"]
    {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let ran = sandbox.run(&["inspect", "--json", "file.encrypted"])?.expect(0)?;
    let claims: Value = serde_json::from_slice(&ran.stdout)?;
    assert_eq!(claims["verified"], false);
    assert_eq!(claims["suite"]["committing"], true);
    assert_eq!(claims["suite"]["signed"], false);
    assert_eq!(claims["context"], json!({ "tenant": "blue" }));
    assert_eq!(claims["encrypted_data_keys"][0]["key_name"], "my key");
    assert_eq!(claims["frame_length"], 65_536);
    assert_eq!(claims["plaintext_length_estimate"], 100_000);
    assert_eq!(claims["message_length"], sandbox.read("file.encrypted")?.len());

    let piped =
        sandbox.pipe(&["inspect", "--json"], &sandbox.read("file.encrypted")?)?.expect(0)?;
    let claims: Value = serde_json::from_slice(&piped.stdout)?;
    assert_eq!(claims["plaintext_length_estimate"], Value::Null);
    Ok(())
}

#[test]
fn a_whole_message_can_be_inspected() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", vec![7; 250])?;
    let options = ["encrypt", "--suite", "signed", "--frame-length", "100", "file"];
    sandbox.run(&options)?.expect(0)?;
    let inspect = || sandbox.run(&["inspect", "--full", "--json", "file.encrypted"]);
    let claims: Value = serde_json::from_slice(&inspect()?.expect(0)?.stdout)?;
    assert_eq!(claims["frames"], 3);
    assert_eq!(claims["plaintext_length"], 250);
    assert_eq!(claims["risks"], json!(["signature-key-from-message"]));
    assert_eq!(claims["verified"], false);
    let text = sandbox.run(&["inspect", "--full", "file.encrypted"])?.expect(0)?;
    assert!(String::from_utf8(text.stdout)?.contains("frames:          3"));

    let mut message = sandbox.read("file.encrypted")?;
    let place = message.len() - 200;
    message[place] ^= 1;
    sandbox.write("file.encrypted", &message)?;
    inspect()?.expect(5)?.says("message signature")?;
    sandbox.write("file.encrypted", &message[..place])?;
    inspect()?.expect(5)?.says("truncated")?;
    Ok(())
}

#[test]
fn completions_and_manual_pages_are_made() -> TestResult {
    let sandbox = Sandbox::new()?;
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = sandbox.run(&["completions", shell])?.expect(0)?.stdout;
        let script = String::from_utf8(script)?;
        assert!(script.contains("skip-existing") && script.contains("plaintext-output"), "{shell}");
    }
    let page = String::from_utf8(sandbox.run(&["man"])?.expect(0)?.stdout)?;
    assert!(page.starts_with(".ie") && page.contains("Exit codes"), "{page}");
    std::fs::create_dir(sandbox.work("man1"))?;
    sandbox.run(&["man", "--output", "man1"])?.expect(0)?;
    let names = crate::sandbox::names_in(&sandbox.work("man1"))?;
    for name in
        ["keyferry.1", "keyferry-encrypt.1", "keyferry-keys-import.1", "keyferry-kms-sign.1"]
    {
        assert!(names.iter().any(|other| other == name), "no {name} in {names:?}");
    }
    Ok(())
}

#[test]
fn what_is_not_a_message_is_said_to_be_none() -> TestResult {
    let sandbox = Sandbox::new()?;
    for (content, text) in [
        (&b"plain text"[..], "not an encrypted message"),
        (b"AgR4TfvRMU2d", "base64"),
        (b"\x01\x81\x01\x78", "message type"),
        (b"\x01\x80\x04\x78", "another format version"),
        (b"\x02\x00\x14", "another format version"),
        (b"\x02\x12\x34", "algorithm suite 1234"),
        (b"", "truncated"),
    ] {
        let inspected = sandbox.pipe(&["inspect"], content)?.says(text)?;
        assert!(matches!(inspected.code, Some(5 | 6)), "{:?}", inspected.code);
    }
    Ok(())
}

#[test]
fn a_message_cannot_drive_the_terminal() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    let context = "\u{1b}[2J\u{202e}evil\u{9b}2J=\u{7}\r\nverified: true";
    let told = sandbox.run(&["encrypt", "--json", "-c", context, "file"])?.expect(0)?;
    let inspected = sandbox.run(&["inspect", "--json", "file.encrypted"])?.expect(0)?;
    for json in [told.stdout, inspected.stdout] {
        let json = String::from_utf8(json)?;
        assert!(json.trim_end().chars().all(|c| !c.is_control() && c != '\u{202e}'), "{json:?}");
        let value: Value = serde_json::from_str(&json)?;
        assert_eq!(value["context"]["\u{1b}[2J\u{202e}evil\u{9b}2J"], "\u{7}\r\nverified: true");
    }
    let shown = String::from_utf8(sandbox.run(&["inspect", "file.encrypted"])?.expect(0)?.stdout)?;
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    assert!(!shown.contains('\u{202e}'));
    assert!(!shown.lines().any(|line| line.starts_with("verified")));
    Ok(())
}

#[test]
fn wrong_usage_is_explained() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.run(&[])?.expect(2)?.says("Usage")?;
    sandbox.run(&["encrypt", "--frame-length", "0", "file"])?.expect(2)?;
    sandbox.run(&["shred", "file"])?.expect(2)?;
    let help = sandbox.run(&["--help"])?.expect(0)?;
    assert!(String::from_utf8(help.stdout)?.contains("Exit codes"));
    Ok(())
}
