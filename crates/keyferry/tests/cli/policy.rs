//! Suites, commitment, limits, and pairs that are not stored.

use crypto_envelope::{
    EncryptionContext, Encryptor, Limits, SecretBytes, blocking, provider::RawAesProvider,
};
use crypto_envelope_testkit::data;
use serde_json::Value;

use crate::sandbox::{Sandbox, TestResult};

const OLD: [&str; 2] = ["--commitment", "danger-forbid-encrypt-allow-decrypt"];
const OLD_SUITES: [&str; 9] =
    ["0014", "0046", "0078", "0114", "0146", "0178", "0214", "0346", "0378"];

#[test]
fn every_suite_goes_there_and_back() -> TestResult {
    let sandbox = Sandbox::new()?;
    let text = data::plaintext(10_000, 1);
    for suite in OLD_SUITES {
        let refused = sandbox.pipe(&["encrypt", "--suite", suite], &text)?.expect(6)?;
        refused.says("--commitment danger-forbid-encrypt-allow-decrypt")?;
        let options = [&["encrypt", "--suite", suite], &OLD[..]].concat();
        let message = sandbox.pipe(&options, &text)?.expect(0)?.stdout;
        sandbox.pipe(&["decrypt"], &message)?.expect(6)?.says("--commitment allow")?;
        for policy in ["allow", "require-encrypt-allow-decrypt", OLD[1]] {
            let back = sandbox.pipe(&["decrypt", "--commitment-policy", policy], &message)?;
            assert!(back.expect(0)?.stdout == text, "{suite} {policy}");
        }
        let claims = sandbox.pipe(&["inspect", "--json"], &message)?.expect(0)?;
        let claims: Value = serde_json::from_slice(&claims.stdout)?;
        assert_eq!((&claims["suite"]["id"], &claims["version"]), (&suite.into(), &1.into()));
        assert!(claims["risks"].to_string().contains("not-committing"), "{claims}");
    }
    for suite in ["0478", "signed", "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384"] {
        let message = sandbox.pipe(&["encrypt", "--suite", suite], &text)?.expect(0)?.stdout;
        assert!(sandbox.pipe(&["decrypt"], &message)?.expect(0)?.stdout == text);
        let wrong = [&["encrypt", "--suite", suite], &OLD[..]].concat();
        sandbox.pipe(&wrong, &text)?.expect(6)?.says("not permitted by the commitment policy")?;
    }
    sandbox.pipe(&["encrypt", "--suite", "rot13"], &text)?.expect(2)?.says("0478")?;
    Ok(())
}

#[test]
fn signed_messages_can_be_refused() -> TestResult {
    let sandbox = Sandbox::new()?;
    let signed = sandbox.pipe(&["encrypt", "--suite", "signed"], b"text")?.expect(0)?.stdout;
    let refused = sandbox.pipe(&["decrypt", "--unsigned-only"], &signed)?.expect(6)?;
    refused.says("only unsigned messages are accepted")?;
    let unsigned = sandbox.pipe(&["encrypt"], b"text")?.expect(0)?.stdout;
    sandbox.pipe(&["decrypt", "--unsigned-only"], &unsigned)?.expect(0)?;
    Ok(())
}

#[test]
fn lengths_and_counts_have_limits() -> TestResult {
    let sandbox = Sandbox::new()?;
    let message = sandbox.pipe(&["encrypt", "--frame-length", "1000"], b"text")?.expect(0)?.stdout;
    sandbox.pipe(&["decrypt", "--max-length", "1000"], &message)?.expect(0)?;
    let refused = sandbox.pipe(&["decrypt", "--max-length", "999"], &message)?.expect(6)?;
    refused.says("more than 999 bytes of one frame")?;
    for name in ["a", "b"] {
        sandbox.write_key(name, "5a".repeat(32), 0o600)?;
    }
    let two = ["-p", "raw-aes:a?name=a", "-p", "raw-aes:b?name=b"];
    let limit = ["--max-encrypted-data-keys", "1"];
    sandbox.pipe(&[&["encrypt"], &two[..], &limit].concat(), b"text")?.expect(6)?;
    let message = sandbox.pipe(&[&["encrypt"], &two[..]].concat(), b"text")?.expect(0)?.stdout;
    let refused = sandbox.pipe(&[&["decrypt"], &two[..], &limit].concat(), &message)?.expect(6)?;
    refused.says("--max-encrypted-data-keys")?;
    Ok(())
}

#[test]
fn pairs_can_be_bound_without_being_stored() -> TestResult {
    let sandbox = Sandbox::new()?;
    let required = ["--required-context-key", "tenant"];
    let encrypt = [&["encrypt", "-c", "tenant=blue", "-c", "a=b"], &required[..]].concat();
    let message = sandbox.pipe(&encrypt, b"text")?.expect(0)?.stdout;
    assert!(!message.windows(4).any(|window| window == b"blue"));
    let decrypt = |arguments: &[&str]| sandbox.pipe(&[&["decrypt"], arguments].concat(), &message);
    let good = [&["-c", "tenant=blue", "-c", "a"], &required[..]].concat();
    assert_eq!(decrypt(&good)?.expect(0)?.stdout, b"text");
    let wrong = [&["-c", "tenant=red"], &required[..]].concat();
    decrypt(&wrong)?.expect(5)?;
    decrypt(&["-c", "tenant=blue"])?.expect(6)?.says("--required-context-key")?;
    decrypt(&required)?.expect(6)?.says("no pair with the key \"tenant\"")?;
    decrypt(&[])?.expect(5)?;
    // Nor does it get into a log.
    let told = decrypt(&[&good[..], &["--json"]].concat())?.expect(0)?.stderr;
    assert!(told.contains("\"unstored_context_keys\":[\"tenant\"]"), "{told}");
    assert!(!told.contains("blue"), "{told}");
    let missing = [&["encrypt"], &required[..]].concat();
    sandbox.pipe(&missing, b"text")?.expect(2)?.says("there is no --context tenant=VALUE")?;
    Ok(())
}

/// What a pipe must not hold in memory, a file can be read for twice.
#[test]
fn a_large_signed_file_comes_out_of_standard_output() -> TestResult {
    let sandbox = Sandbox::new()?;
    let text = vec![7; (64 << 20) + 1];
    sandbox.write("file", &text)?;
    sandbox.run(&["encrypt", "--suite", "signed", "file"])?.expect(0)?;
    let out = sandbox.run(&["decrypt", "file.encrypted", "-o", "-"])?.expect(0)?;
    assert!(out.stdout == text);
    let mut message = sandbox.read("file.encrypted")?;
    sandbox.pipe(&["decrypt"], &message)?.expect(6)?.says("give the message as a file")?;
    if let Some(last) = message.last_mut() {
        *last ^= 1;
    }
    sandbox.write("file.encrypted", &message)?;
    let refused = sandbox.run(&["decrypt", "file.encrypted", "-o", "-"])?.expect(5)?;
    assert!(refused.stdout.is_empty());
    refused.says("message signature")?;
    Ok(())
}

/// Others write longer frames than keyferry does.
#[test]
fn very_long_frames_are_read_on_request() -> TestResult {
    let sandbox = Sandbox::new()?;
    let key = SecretBytes::from(vec![7; 32]);
    let text = vec![7; (64 << 20) + 1];
    let encryptor = Encryptor::builder(RawAesProvider::new("raw-aes", "n", &key)?)
        .frame_length(u32::MAX)
        .limits(Limits::default().with_max_buffered(usize::MAX))
        .build()?;
    sandbox.write(
        "file.encrypted",
        blocking::wait(encryptor.encrypt(&text, &EncryptionContext::new()))?,
    )?;
    sandbox.write_key("key", "07".repeat(32), 0o600)?;
    let decrypt = ["decrypt", "--provider", "raw-aes:key?name=n", "file.encrypted"];
    sandbox.run(&decrypt)?.expect(6)?.says("are read with --buffer")?;
    sandbox.run(&[&decrypt[..], &["--buffer"]].concat())?.expect(0)?;
    assert!(sandbox.read("file")? == text);
    sandbox.run(&["inspect", "--full", "file.encrypted"])?.expect(0)?;
    Ok(())
}
