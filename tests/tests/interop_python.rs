//! The official Python SDK and this one read each other's messages.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, EncryptionContext, Encryptor, SecretBytes,
    provider::RawAesProvider,
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    adapter::Adapter,
    python_peer::PythonPeer,
    vectors::{Result, writing_policy},
};
use serde_json::{Value, json};

const FRAME: usize = 4096;
/// One combination of everything that both sides must agree on.
struct Case {
    api: &'static str,
    suite: AlgorithmSuite,
    key: Vec<u8>,
    frame_length: usize,
    length: usize,
    context: EncryptionContext,
}

impl Case {
    fn request(&self, op: &str, input: &Path, output: &Path) -> Value {
        let hex: String = self.key.iter().map(|byte| format!("{byte:02x}")).collect();
        let context: serde_json::Map<_, _> =
            self.context.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
        json!({
            "op": op, "api": self.api, "suite": format!("{:04x}", self.suite.id()),
            "frame_length": self.frame_length, "key": hex, "namespace": "interop",
            "name": "Schlüssel 1", "context": context, "input": input, "output": output,
        })
    }

    fn provider(&self) -> Result<RawAesProvider> {
        let key = SecretBytes::from(self.key.as_slice());
        Ok(RawAesProvider::new("interop", "Schlüssel 1", &key)?)
    }

    fn name(&self) -> String {
        format!(
            "{} {} {} bytes, frames of {}",
            self.api, self.suite, self.length, self.frame_length
        )
    }

    /// They write, we read, by every adapter.
    fn theirs_opens_here(&self, peer: &mut PythonPeer, folder: &Path) -> Result<()> {
        let (input, output) = (folder.join("plaintext"), folder.join("message"));
        let plaintext = data::plaintext(self.length, 1);
        fs::write(&input, &plaintext)?;
        peer.ask(&self.request("encrypt", &input, &output))?;
        let message = fs::read(&output)?;
        let decryptor = Decryptor::builder(self.provider()?)
            .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
            .build()?;
        for adapter in adapters(self.length) {
            let (opened, context) = adapter.open(&decryptor, &message, &self.context)?;
            assert!(opened == plaintext, "another plaintext by {adapter:?}: {}", self.name());
            assert!(context.contains_all(&self.context), "{}", self.name());
        }
        Ok(())
    }

    /// We write, by every adapter, and they read.
    fn ours_opens_there(&self, peer: &mut PythonPeer, folder: &Path) -> Result<()> {
        let (input, output) = (folder.join("message"), folder.join("plaintext"));
        let plaintext = data::plaintext(self.length, 2);
        let encryptor = Encryptor::builder(self.provider()?)
            .commitment_policy(writing_policy(self.suite))
            .suite(self.suite)
            .frame_length(u32::try_from(self.frame_length)?)
            .build()?;
        for adapter in adapters(self.length) {
            fs::write(&input, adapter.seal(&encryptor, &plaintext, &self.context)?)?;
            let answer = peer.ask(&self.request("decrypt", &input, &output))?;
            assert!(fs::read(&output)? == plaintext, "{adapter:?}: {}", self.name());
            for (key, value) in self.context.iter() {
                assert_eq!(answer["context"][key], value, "{adapter:?}: {}", self.name());
            }
        }
        Ok(())
    }
}

/// Byte by byte is for small messages.
fn adapters(length: usize) -> impl Iterator<Item = Adapter> {
    Adapter::ALL.into_iter().filter(move |adapter| length <= 100_000 || !adapter.is_slow())
}

/// 10 MiB where it tells something new: the body is the same for all suites of a kind.
fn large(suite: AlgorithmSuite) -> usize {
    if suite.is_committing() { 10 << 20 } else { 200_000 }
}

fn cases() -> Vec<Case> {
    let context = EncryptionContext::from([("purpose", "interop"), ("Ω", "größe"), ("a", "")]);
    let mut cases = Vec::new();
    for api in ["keyring", "master-key"] {
        for suite in AlgorithmSuite::ALL {
            for (length, key, frame_length, context) in [
                (0, 32, FRAME, &context),
                (1, 16, FRAME, &context),
                (FRAME - 1, 24, FRAME, &EncryptionContext::new()),
                (FRAME, 32, FRAME, &context),
                (FRAME + 1, 32, FRAME, &context),
                (2 * FRAME, 32, FRAME, &context),
                (large(suite), 32, 64 << 10, &context),
            ] {
                let key = data::plaintext(key, 3);
                let context = context.clone();
                cases.push(Case { api, suite, key, frame_length, length, context });
            }
        }
    }
    cases
}

#[test]
fn messages_of_the_official_sdk_open_here() -> Result<()> {
    let mut peer = PythonPeer::start("aws_esdk_python")?;
    let folder = tempfile::tempdir()?;
    for case in cases() {
        case.theirs_opens_here(&mut peer, folder.path())
            .map_err(|error| format!("{}: {error}", case.name()))?;
    }
    Ok(())
}

#[test]
fn our_messages_open_in_the_official_sdk() -> Result<()> {
    let mut peer = PythonPeer::start("aws_esdk_python")?;
    let folder = tempfile::tempdir()?;
    for case in cases() {
        case.ours_opens_there(&mut peer, folder.path())
            .map_err(|error| format!("{}: {error}", case.name()))?;
    }
    Ok(())
}

/// The whole way that the README shows: the tool encrypts a file, the official SDK reads it, and
/// the other way round.
#[test]
fn files_of_keyferry_and_of_the_official_sdk() -> Result<()> {
    let mut peer = PythonPeer::start("aws_esdk_python")?;
    let folder = tempfile::tempdir()?;
    let [plain, message, back, key] =
        ["plain", "message", "back", "key"].map(|name| folder.path().join(name));
    let mut case = cases().swap_remove(0);
    fs::write(&key, &case.key)?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    let text = data::plaintext(1_000_000, 4);
    fs::write(&plain, &text)?;
    let provider = format!("raw-aes:{}?namespace=interop&name=Schl%C3%BCssel%201", key.display());
    for suite in AlgorithmSuite::ALL {
        case.suite = suite;
        if suite.is_committing() {
            keyferry("encrypt", &provider, &case, &plain, &message)?;
            peer.ask(&case.request("decrypt", &message, &back))?;
            assert!(fs::read(&back)? == text, "{}", case.name());
        }
        peer.ask(&case.request("encrypt", &plain, &message))?;
        keyferry("decrypt", &provider, &case, &message, &back)?;
        assert!(fs::read(&back)? == text, "{}", case.name());
    }
    Ok(())
}

fn keyferry(command: &str, provider: &str, case: &Case, input: &Path, output: &Path) -> Result<()> {
    let context = case.context.iter().map(|(key, value)| format!("--context={key}={value}"));
    let mut keyferry = Command::new(env!("CARGO"));
    keyferry
        .args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "keyferry",
            "--",
            command,
            "--force",
            "--quiet",
        ])
        .args(["--provider", provider])
        .args(context)
        .arg("--output")
        .args([output, input]);
    if command == "encrypt" {
        keyferry.args(["--suite", if case.suite.is_signing() { "signed" } else { "unsigned" }]);
    }
    if command == "decrypt" && !case.suite.is_committing() {
        keyferry.args(["--commitment", "allow"]);
    }
    let status = keyferry.status()?;
    if status.success() { Ok(()) } else { Err(format!("keyferry {command}: {status}").into()) }
}

/// What opens on neither side must not be counted as agreement: a changed message is refused by
/// both.
#[test]
fn both_refuse_a_changed_message() -> Result<()> {
    let mut peer = PythonPeer::start("aws_esdk_python")?;
    let folder = tempfile::tempdir()?;
    let (input, output) = (folder.path().join("message"), folder.path().join("plaintext"));
    let case = cases().swap_remove(0);
    let encryptor = Encryptor::builder(case.provider()?)
        .commitment_policy(writing_policy(case.suite))
        .suite(case.suite)
        .build()?;
    let mut message = Adapter::OneShot.seal(&encryptor, b"plaintext", &case.context)?;
    if let Some(last) = message.last_mut() {
        *last ^= 1;
    }
    fs::write(&input, &message)?;
    assert!(peer.ask(&case.request("decrypt", &input, &output)).is_err());
    let decryptor = Decryptor::builder(case.provider()?)
        .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
        .build()?;
    assert!(Adapter::OneShot.open(&decryptor, &message, &case.context).is_err());
    Ok(())
}
