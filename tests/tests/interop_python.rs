//! The official Python SDK and this one read each other's messages.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, EncryptionContext, Encryptor, SecretBytes,
    provider::{KeyProvider, MultiProvider, RawAesProvider, RawRsaProvider, RsaPadding},
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    adapter::Adapter,
    python_peer::PythonPeer,
    vectors::{Result, writing_policy},
};
use serde_json::{Value, json};

const FRAME: usize = 4096;
/// A wrapping key, as both sides make one of it.
#[derive(Clone, Debug)]
enum Key {
    Aes(Vec<u8>),
    Rsa(RsaPadding),
}

impl Key {
    /// The name tells keys of different lengths apart.
    fn name(&self) -> String {
        match self {
            Self::Aes(key) => format!("Schlüssel {}", key.len()),
            Self::Rsa(_) => "RSA".into(),
        }
    }

    fn request(&self) -> Value {
        match self {
            Self::Aes(key) => {
                let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
                json!({ "namespace": "interop", "name": self.name(), "key": hex })
            }
            Self::Rsa(padding) => json!({
                "namespace": "interop", "name": self.name(), "padding": padding_name(*padding),
                "private": RSA_PRIVATE, "public": RSA_PUBLIC,
            }),
        }
    }

    fn provider(&self) -> Result<Box<dyn KeyProvider>> {
        Ok(match self {
            Self::Aes(key) => {
                let key = SecretBytes::from(key.as_slice());
                Box::new(RawAesProvider::new("interop", self.name(), &key)?)
            }
            Self::Rsa(padding) => Box::new(RawRsaProvider::with_private_key(
                "interop",
                self.name(),
                *padding,
                RSA_PRIVATE.as_bytes(),
            )?),
        })
    }
}

const RSA_PRIVATE: &str = include_str!("../vectors/rsa/private.pkcs8.pem");
const RSA_PUBLIC: &str = include_str!("../vectors/rsa/public.spki.pem");
const RSA_PADDINGS: [RsaPadding; 5] = [
    RsaPadding::OaepSha1,
    RsaPadding::OaepSha256,
    RsaPadding::OaepSha384,
    RsaPadding::OaepSha512,
    RsaPadding::DangerPkcs1V15,
];

fn padding_name(padding: RsaPadding) -> &'static str {
    match padding {
        RsaPadding::OaepSha1 => "oaep-sha1",
        RsaPadding::OaepSha256 => "oaep-sha256",
        RsaPadding::OaepSha384 => "oaep-sha384",
        RsaPadding::OaepSha512 => "oaep-sha512",
        _ => "pkcs1",
    }
}

/// One combination of everything that both sides must agree on.
struct Case {
    api: &'static str,
    suite: AlgorithmSuite,
    /// The first one generates.
    keys: Vec<Key>,
    frame_length: usize,
    length: usize,
    context: EncryptionContext,
}

impl Case {
    fn request(&self, op: &str, input: &Path, output: &Path) -> Value {
        let context: serde_json::Map<_, _> =
            self.context.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
        let keys: Vec<_> = self.keys.iter().map(Key::request).collect();
        json!({
            "op": op, "api": self.api, "suite": format!("{:04x}", self.suite.id()),
            "frame_length": self.frame_length, "keys": keys, "context": context,
            "input": input, "output": output,
        })
    }

    fn provider(&self) -> Result<MultiProvider> {
        let mut providers = self.keys.iter().map(Key::provider);
        let generator = providers.next().ok_or("a case has a key")??;
        providers.try_fold(MultiProvider::new(generator), |all, one| Ok(all.with_child(one?)))
    }

    fn name(&self) -> String {
        let Self { api, suite, length, frame_length, .. } = self;
        let keys: Vec<_> = self
            .keys
            .iter()
            .map(|key| match key {
                Key::Aes(key) => format!("AES-{}", key.len() * 8),
                Key::Rsa(padding) => padding_name(*padding).to_owned(),
            })
            .collect();
        format!("{api} {keys:?} {suite} {length} bytes, frames of {frame_length}")
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
                let keys = vec![Key::Aes(data::plaintext(key, 3))];
                let context = context.clone();
                cases.push(Case { api, suite, keys, frame_length, length, context });
            }
            let aes = Key::Aes(data::plaintext(32, 3));
            let rsa = RSA_PADDINGS.map(|padding| vec![Key::Rsa(padding)]);
            let several = vec![
                aes.clone(),
                Key::Rsa(RsaPadding::OaepSha256),
                Key::Aes(data::plaintext(16, 4)),
            ];
            for keys in rsa.into_iter().chain([several]) {
                let context = context.clone();
                cases.push(Case { api, suite, keys, frame_length: FRAME, length: 5000, context });
            }
        }
    }
    cases
}

/// Each of several keys opens by itself what both sides wrote for all of them.
#[test]
fn each_of_several_keys_opens_alone() -> Result<()> {
    let mut peer = PythonPeer::start("aws_esdk_python")?;
    let folder = tempfile::tempdir()?;
    let mut several = 0;
    for case in cases().into_iter().filter(|case| case.keys.len() > 1) {
        let (input, message, output) = (
            folder.path().join("plaintext"),
            folder.path().join("message"),
            folder.path().join("output"),
        );
        fs::write(&input, b"for all of them")?;
        let encryptor = Encryptor::builder(case.provider()?)
            .commitment_policy(writing_policy(case.suite))
            .suite(case.suite)
            .build()?;
        let ours = Adapter::OneShot.seal(&encryptor, b"for all of them", &case.context)?;
        peer.ask(&case.request("encrypt", &input, &message))?;
        let theirs = fs::read(&message)?;
        for key in &case.keys {
            let alone = Case { keys: vec![key.clone()], context: case.context.clone(), ..case };
            fs::write(&message, &ours)?;
            peer.ask(&alone.request("decrypt", &message, &output))?;
            assert_eq!(fs::read(&output)?, b"for all of them", "{}", alone.name());
            let decryptor = Decryptor::builder(alone.provider()?)
                .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
                .build()?;
            let (opened, _) = Adapter::OneShot.open(&decryptor, &theirs, &case.context)?;
            assert_eq!(opened, b"for all of them", "{}", alone.name());
        }
        several += 1;
    }
    assert_eq!(several, 22);
    Ok(())
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
    let Key::Aes(material) = &case.keys[0] else { return Err("an AES key comes first".into()) };
    fs::write(&key, material)?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    let text = data::plaintext(1_000_000, 4);
    fs::write(&plain, &text)?;
    let provider = format!("raw-aes:{}?namespace=interop&name=Schl%C3%BCssel%2032", key.display());
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
