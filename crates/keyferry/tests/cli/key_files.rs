//! `--provider raw-aes:FILE`.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use crate::sandbox::{Sandbox, TestResult};

#[test]
fn a_key_is_the_same_key_in_every_encoding() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    for length in [16, 24, 32] {
        let key: Vec<u8> = (0x80..).take(length).collect();
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        sandbox.write_key("raw", &key, 0o600)?;
        sandbox.write_key("hex", hex.to_uppercase() + "\n", 0o600)?;
        sandbox.write_key("base64", BASE64.encode(&key) + "\r\n", 0o400)?;
        sandbox.run(&["encrypt", "-f", "-p", "raw-aes:raw", "file"])?.expect(0)?;
        for file in ["raw", "hex?encoding=hex", "base64?encoding=base64"] {
            let provider = format!("raw-aes:{file}");
            let back = sandbox.run(&["decrypt", "-p", &provider, "file.encrypted", "-o", "-"])?;
            assert_eq!(back.expect(0)?.stdout, b"text");
        }
        let found_out =
            sandbox.run(&["decrypt", "-f", "-p", "raw-aes:base64", "file.encrypted"])?;
        found_out.expect(0)?;
        std::fs::remove_file(sandbox.work("base64"))?;
    }
    assert!(!sandbox.path("data").exists());
    Ok(())
}

#[test]
fn an_unclear_key_is_refused() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.write_key("key", "a".repeat(32), 0o600)?;
    sandbox.run(&["encrypt", "-p", "raw-aes:key", "file"])?.expect(2)?.says("encoding=hex")?;
    sandbox.run(&["encrypt", "-p", "raw-aes:key?encoding=raw", "file"])?.expect(0)?;
    Ok(())
}

#[test]
fn mistakes_with_keys_are_explained() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.write_key("open", [7; 32], 0o640)?;
    sandbox.write_key("short", [7; 31], 0o600)?;
    sandbox.write_key("long", vec![7; 1 << 20], 0o600)?;
    for (provider, code, text) in [
        ("raw-aes:open", 6, "chmod 600 open"),
        ("raw-aes:short", 2, "16, 24 or 32 bytes"),
        ("raw-aes:long", 2, "16, 24 or 32 bytes"),
        ("raw-aes:none", 4, "cannot read the key file none"),
        ("raw-aes:", 2, "file name is missing"),
        ("magic:key", 2, "unknown key provider"),
        ("raw-aes:open?colour=red", 2, "unknown option"),
    ] {
        sandbox.run(&["encrypt", "-p", provider, "file"])?.expect(code)?.says(text)?;
    }
    assert_eq!(sandbox.names()?, ["file", "long", "open", "short"]);
    Ok(())
}

#[test]
fn another_key_does_not_open() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    sandbox.write_key("one", [0xe1; 32], 0o600)?;
    sandbox.write_key("two", [0xe2; 32], 0o600)?;
    sandbox.run(&["encrypt", "-p", "raw-aes:one", "file"])?.expect(0)?;
    let decrypt = |provider| sandbox.run(&["decrypt", "-p", provider, "file.encrypted", "-o", "b"]);
    decrypt("raw-aes:two")?.expect(4)?.says("not a key of this key provider")?;
    sandbox.run(&["encrypt", "-f", "-p", "raw-aes:one?name=k", "file"])?.expect(0)?;
    decrypt("raw-aes:two?name=k")?.expect(5)?.says("authentication failed")?;
    decrypt("raw-aes:one?name=k")?.expect(0)?;
    Ok(())
}

#[test]
fn rsa_keys_encrypt_in_public_and_decrypt_in_private() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/rsa");
    let key = |name: &str| std::fs::read(format!("{vectors}/{name}"));
    sandbox.write_key("public", key("public.spki.pem")?, 0o644)?;
    sandbox.write_key("private", key("private.pkcs8.pem")?, 0o600)?;
    sandbox.write_key("open", key("private.pkcs8.pem")?, 0o644)?;
    for padding in ["oaep-sha256", "oaep-sha512", "danger-pkcs1"] {
        let provider = |file: &str| format!("raw-rsa:{file}?name=k&padding={padding}");
        let public = provider("public");
        sandbox.run(&["encrypt", "-f", "-p", &public, "file"])?.expect(0)?;
        let decrypt = |p: &str| sandbox.run(&["decrypt", "-p", p, "file.encrypted", "-o", "-"]);
        assert_eq!(decrypt(&provider("private"))?.expect(0)?.stdout, b"text");
        decrypt(&public)?.expect(4)?.says("only the public half")?;
        decrypt(&provider("open"))?.expect(6)?.says("chmod 600 open")?;
    }
    // What is no key need not be private: the advice would lead astray.
    let garbage = sandbox.run(&["encrypt", "-f", "-p", "raw-rsa:file?name=k", "file"])?;
    garbage.expect(2)?.says("file: invalid input: this is not an RSA key")?;
    Ok(())
}

#[test]
fn several_providers_wrap_and_any_of_them_opens() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "text")?;
    for (name, byte) in [("one", 0xe1), ("two", 0xe2), ("three", 0xe3)] {
        sandbox.write_key(name, [byte; 32], 0o600)?;
    }
    sandbox.run(&["encrypt", "-p", "raw-aes:one", "-p", "raw-aes:two", "file"])?.expect(0)?;
    let decrypt = |arguments: &[&str]| {
        sandbox.run(&[&["decrypt", "file.encrypted", "-o", "-"], arguments].concat())
    };
    assert_eq!(decrypt(&["-p", "raw-aes:one"])?.expect(0)?.stdout, b"text");
    assert_eq!(decrypt(&["-p", "raw-aes:two"])?.expect(0)?.stdout, b"text");
    assert_eq!(decrypt(&["-p", "raw-aes:three", "-p", "raw-aes:two"])?.expect(0)?.stdout, b"text");
    decrypt(&["-p", "raw-aes:three"])?.expect(4)?.says("for other keys")?;
    Ok(())
}
