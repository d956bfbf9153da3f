//! What the tests against the official SDKs share: everything that both sides must agree on.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, EncryptionContext, Encryptor, SecretBytes,
    provider::{
        EcCurve, EcKey, KeyProvider, MultiProvider, RawAesProvider, RawEcdhProvider,
        RawRsaProvider, RsaKey, RsaPadding,
    },
};
use crypto_envelope_testkit::data;
use serde_json::{Value, json};

use crate::{
    adapter::Adapter,
    peer::Peer,
    vectors::{Result, is_refusal, writing_policy},
};

/// One combination of everything that both sides must agree on.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests make their own")]
pub struct Case {
    /// Which of its interfaces the peer uses, if it has several.
    pub api: Option<&'static str>,
    /// The suite of the message.
    pub suite: AlgorithmSuite,
    /// The first one generates.
    pub keys: Vec<Key>,
    /// Of the header.
    pub frame_length: usize,
    /// Of the plaintext.
    pub length: usize,
    /// What the message is bound to.
    pub context: EncryptionContext,
}

impl Case {
    /// What a peer is asked: to carry out `op` from one file into another.
    #[must_use]
    pub fn request(&self, op: &str, input: &Path, output: &Path) -> Value {
        let context: serde_json::Map<_, _> =
            self.context.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
        let keys: Vec<_> = self.keys.iter().map(Key::request).collect();
        json!({
            "op": op, "api": self.api, "suite": format!("{:04x}", self.suite.id()),
            "frame_length": self.frame_length, "keys": keys, "context": context,
            "input": input, "output": output,
        })
    }

    /// Our side of it, to write.
    ///
    /// # Errors
    ///
    /// If the case is none that we can write.
    pub fn encryptor(&self) -> Result<Encryptor> {
        Ok(Encryptor::builder(self.provider(Key::writer)?)
            .commitment_policy(writing_policy(self.suite))
            .suite(self.suite)
            .frame_length(u32::try_from(self.frame_length)?)
            .build()?)
    }

    /// Our side of it, to read.
    ///
    /// # Errors
    ///
    /// If the keys are none.
    pub fn decryptor(&self) -> Result<Decryptor> {
        Ok(Decryptor::builder(self.provider(Key::reader)?)
            .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
            .build()?)
    }

    fn provider(&self, of: fn(&Key) -> Result<Box<dyn KeyProvider>>) -> Result<MultiProvider> {
        let mut providers = self.keys.iter().map(of);
        let generator = providers.next().ok_or("a case has a key")??;
        providers.try_fold(MultiProvider::new(generator), |all, one| Ok(all.with_child(one?)))
    }

    /// What it is, for people.
    #[must_use]
    pub fn name(&self) -> String {
        let Self { suite, length, frame_length, .. } = self;
        let keys: Vec<_> = self.keys.iter().map(Key::kind).collect();
        let case = format!("{keys:?} {suite} {length} bytes, frames of {frame_length}");
        match self.api {
            Some(api) => format!("{api} {case}"),
            None => case,
        }
    }

    /// They write, we read, by every adapter.
    fn theirs_opens_here(&self, peer: &mut Peer, files: &Files) -> Result<()> {
        let plaintext = data::plaintext(self.length, 1);
        fs::write(&files.plaintext, &plaintext)?;
        peer.ask(&self.request("encrypt", &files.plaintext, &files.message))?;
        let message = fs::read(&files.message)?;
        let decryptor = self.decryptor()?;
        for adapter in self.adapters() {
            let (opened, context) = adapter.open(&decryptor, &message, &self.context)?;
            if opened != plaintext {
                return Err(format!("another plaintext by {adapter:?}").into());
            }
            if !context.contains_all(&self.context) {
                return Err(format!("another context by {adapter:?}: {context:?}").into());
            }
        }
        Ok(())
    }

    /// We write, by every adapter, and they read.
    fn ours_opens_there(&self, peer: &mut Peer, files: &Files) -> Result<()> {
        let plaintext = data::plaintext(self.length, 2);
        let encryptor = self.encryptor()?;
        for adapter in self.adapters() {
            fs::write(&files.message, adapter.seal(&encryptor, &plaintext, &self.context)?)?;
            let answer = peer.ask(&self.request("decrypt", &files.message, &files.plaintext))?;
            let opened = fs::read(&files.plaintext)?;
            if opened != plaintext {
                return Err(format!("another plaintext of {adapter:?}").into());
            }
            if self.context.iter().any(|(key, value)| answer["context"][key] != value) {
                return Err(format!("another context of {adapter:?}: {answer}").into());
            }
        }
        Ok(())
    }

    /// Each of several keys opens by itself what both sides wrote for all of them.
    fn each_key_opens_alone(&self, peer: &mut Peer, files: &Files) -> Result<()> {
        const TEXT: &[u8] = b"for all of them";
        fs::write(&files.plaintext, TEXT)?;
        peer.ask(&self.request("encrypt", &files.plaintext, &files.message))?;
        let theirs = fs::read(&files.message)?;
        let ours = Adapter::OneShot.seal(&self.encryptor()?, TEXT, &self.context)?;
        fs::write(&files.message, ours)?;
        for key in &self.keys {
            let alone = Self { keys: vec![key.clone()], ..self.clone() };
            peer.ask(&alone.request("decrypt", &files.message, &files.plaintext))?;
            let opened = fs::read(&files.plaintext)?;
            if opened != TEXT {
                return Err(format!("{} opens ours to something else", key.kind()).into());
            }
            let (opened, _) = Adapter::OneShot.open(&alone.decryptor()?, &theirs, &self.context)?;
            if opened != TEXT {
                return Err(format!("{} opens theirs to something else", key.kind()).into());
            }
        }
        Ok(())
    }

    /// Byte by byte is for small messages.
    fn adapters(&self) -> impl Iterator<Item = Adapter> {
        let is_small = self.length <= 100_000;
        Adapter::ALL.into_iter().filter(move |adapter| is_small || !adapter.is_slow())
    }
}

/// A wrapping key, as all sides make one of it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests make their own")]
pub enum Key {
    /// With this key.
    Aes(Vec<u8>),
    /// With the pair of the vectors.
    Rsa(RsaPadding),
    /// With the keys of Alice and Bob. The keyrings of the official SDKs alone have them.
    Ecdh(EcCurve, EcdhSchema),
}

/// How keys on elliptic curves are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests make their own")]
pub enum EcdhSchema {
    /// Alice writes, and reads it again.
    Static,
    /// Somebody writes to Bob, who reads.
    Ephemeral,
}

impl Key {
    /// An AES key of this many bytes, always the same.
    #[must_use]
    pub fn aes(length: usize) -> Self {
        Self::Aes(data::plaintext(length, 3))
    }

    /// The name tells keys of different lengths apart.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Aes(key) => format!("Schlüssel {}", key.len()),
            Self::Rsa(_) => "RSA".into(),
            Self::Ecdh(..) => "ECDH".into(),
        }
    }

    /// What it is, for people.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::Aes(key) => format!("AES-{}", key.len() * 8),
            Self::Rsa(padding) => padding_name(*padding).to_owned(),
            Self::Ecdh(curve, schema) => format!("{schema:?} ECDH on {}", curve.name()),
        }
    }

    /// The key in the words of the peers.
    #[must_use]
    pub fn request(&self) -> Value {
        match self {
            Self::Aes(key) => {
                let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
                json!({ "namespace": NAMESPACE, "name": self.name(), "key": hex })
            }
            Self::Rsa(padding) => json!({
                "namespace": NAMESPACE, "name": self.name(), "padding": padding_name(*padding),
                "private": RSA_PRIVATE, "public": RSA_PUBLIC,
            }),
            Self::Ecdh(curve, schema) => {
                let [sender, recipient, public] = ec_keys(*curve);
                let sender = if *schema == EcdhSchema::Static { Some(sender) } else { None };
                json!({
                    "curve": curve.name(), "sender": sender, "recipient": recipient,
                    "public": public,
                })
            }
        }
    }

    /// The key in the words of keyferry's `--provider`, with its file in `folder`.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn keyferry_provider(&self, folder: &Path) -> Result<String> {
        let file = folder.join(format!("{}.key", self.kind()));
        let (kind, material, options) = match self {
            Self::Aes(key) => ("raw-aes", key.as_slice(), String::new()),
            Self::Rsa(padding) => {
                let danger = if *padding == RsaPadding::DangerPkcs1V15 { "danger-" } else { "" };
                let options = format!("&padding={danger}{}", padding_name(*padding));
                ("raw-rsa", RSA_PRIVATE.as_bytes(), options)
            }
            Self::Ecdh(..) => return Err("keyferry has no such key".into()),
        };
        fs::write(&file, material)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        let name = self.name().replace(' ', "%20").replace('ü', "%C3%BC");
        Ok(format!("{kind}:{}?namespace={NAMESPACE}&name={name}{options}", file.display()))
    }

    /// What writes with it.
    pub(crate) fn writer(&self) -> Result<Box<dyn KeyProvider>> {
        self.provider(RawEcdhProvider::to)
    }

    /// What reads with it.
    pub(crate) fn reader(&self) -> Result<Box<dyn KeyProvider>> {
        self.provider(RawEcdhProvider::discovery)
    }

    fn provider(
        &self,
        ephemeral: fn(&EcKey) -> crypto_envelope::Result<RawEcdhProvider>,
    ) -> Result<Box<dyn KeyProvider>> {
        Ok(match self {
            Self::Aes(key) => {
                let key = SecretBytes::from(key.as_slice());
                Box::new(RawAesProvider::new(NAMESPACE, self.name(), &key)?)
            }
            Self::Rsa(padding) => {
                let key = RsaKey::parse(RSA_PRIVATE.as_bytes())?;
                Box::new(RawRsaProvider::new(NAMESPACE, self.name(), *padding, &key)?)
            }
            Self::Ecdh(curve, schema) => {
                let [alice, bob, _] = ec_keys(*curve);
                let (alice, bob) = (EcKey::parse(alice.as_bytes())?, EcKey::parse(bob.as_bytes())?);
                Box::new(match schema {
                    EcdhSchema::Static => RawEcdhProvider::between(&alice, &bob.to_public())?,
                    EcdhSchema::Ephemeral => ephemeral(&bob)?,
                })
            }
        })
    }
}

/// Alice's private key, Bob's, and his public one.
#[must_use]
pub fn ec_keys(curve: EcCurve) -> [&'static str; 3] {
    macro_rules! keys {
        ($curve:literal) => {
            [
                include_str!(concat!("../vectors/ec/", $curve, ".alice.pkcs8.pem")),
                include_str!(concat!("../vectors/ec/", $curve, ".bob.pkcs8.pem")),
                include_str!(concat!("../vectors/ec/", $curve, ".bob.spki.pem")),
            ]
        };
    }
    match curve {
        EcCurve::P256 => keys!("p256"),
        EcCurve::P384 => keys!("p384"),
        _ => keys!("p521"),
    }
}

/// Where plaintext and messages travel.
#[derive(Debug)]
struct Files {
    plaintext: PathBuf,
    message: PathBuf,
}

impl Files {
    fn in_folder(folder: &Path) -> Self {
        Self { plaintext: folder.join("plaintext"), message: folder.join("message") }
    }
}

/// The table, for each of these interfaces of a peer.
#[must_use]
pub fn cases(apis: &[&'static str]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &api in apis {
        for &suite in AlgorithmSuite::ALL {
            let case = Case {
                api: Some(api),
                suite,
                keys: vec![Key::aes(32)],
                frame_length: FRAME,
                length: 5000,
                context: context(),
            };
            for (length, key) in [(0, 32), (1, 16), (FRAME, 32), (FRAME + 1, 32), (2 * FRAME, 32)] {
                cases.push(Case { length, keys: vec![Key::aes(key)], ..case.clone() });
            }
            let (keys, context) = (vec![Key::aes(24)], EncryptionContext::new());
            cases.push(Case { length: FRAME - 1, keys, context, ..case.clone() });
            cases.push(Case { length: large(suite), frame_length: 64 << 10, ..case.clone() });
            for padding in RSA_PADDINGS {
                cases.push(Case { keys: vec![Key::Rsa(padding)], ..case.clone() });
            }
            let several = vec![Key::aes(32), Key::Rsa(RsaPadding::OaepSha256), Key::aes(16)];
            cases.push(Case { keys: several, ..case });
        }
    }
    cases
}

/// Keys on elliptic curves, which keyrings alone have.
#[must_use]
pub fn ecdh_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for curve in [EcCurve::P256, EcCurve::P384, EcCurve::P521] {
        for schema in [EcdhSchema::Static, EcdhSchema::Ephemeral] {
            for context in [context(), EncryptionContext::new()] {
                for &suite in AlgorithmSuite::ALL {
                    let keys = vec![Key::Ecdh(curve, schema)];
                    let (api, context) = (Some("keyring"), context.clone());
                    cases.push(Case {
                        api,
                        suite,
                        keys,
                        frame_length: FRAME,
                        length: 500,
                        context,
                    });
                }
            }
        }
    }
    cases
}

/// They write, we read.
///
/// # Errors
///
/// The first case that fails.
pub fn theirs_open_here(peer: &mut Peer, cases: &[Case]) -> Result<()> {
    each(cases, |case, files| case.theirs_opens_here(peer, files))
}

/// We write, they read.
///
/// # Errors
///
/// The first case that fails.
pub fn ours_open_there(peer: &mut Peer, cases: &[Case]) -> Result<()> {
    each(cases, |case, files| case.ours_opens_there(peer, files))
}

/// Each of several keys opens by itself what both sides wrote for all of them.
///
/// # Errors
///
/// The first case that fails, or that there is none.
pub fn several_keys_open_alone(peer: &mut Peer, cases: &[Case]) -> Result<()> {
    let several: Vec<_> = cases.iter().filter(|case| case.keys.len() > 1).cloned().collect();
    if several.is_empty() {
        return Err("no case with several keys".into());
    }
    each(&several, |case, files| case.each_key_opens_alone(peer, files))
}

/// What opens on neither side must not be counted as agreement: a changed message is refused by
/// both.
///
/// # Errors
///
/// If one of them opens it.
pub fn both_refuse_a_changed_message(peer: &mut Peer, case: &Case) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let Files { plaintext, message } = Files::in_folder(folder.path());
    let mut changed = Adapter::OneShot.seal(&case.encryptor()?, b"plaintext", &case.context)?;
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    fs::write(&message, &changed)?;
    if peer.ask(&case.request("decrypt", &message, &plaintext)).is_ok() {
        return Err("they open it".into());
    }
    match Adapter::OneShot.open(&case.decryptor()?, &changed, &case.context) {
        Err(error) if is_refusal(&error) => Ok(()),
        other => Err(format!("here it is {other:?}").into()),
    }
}

fn each(cases: &[Case], mut run: impl FnMut(&Case, &Files) -> Result<()>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let files = Files::in_folder(folder.path());
    cases.iter().try_for_each(|case| {
        run(case, &files).map_err(|error| format!("{}: {error}", case.name()).into())
    })
}

/// An empty value, and keys and values beyond ASCII.
fn context() -> EncryptionContext {
    EncryptionContext::from([("purpose", "interop"), ("Ω", "größe"), ("a", "")])
}

/// 10 MiB where it tells something new: the body is the same for all suites of a kind.
fn large(suite: AlgorithmSuite) -> usize {
    if suite.is_committing() { 10 << 20 } else { 200_000 }
}

pub(crate) fn padding_name(padding: RsaPadding) -> &'static str {
    match padding {
        RsaPadding::OaepSha1 => "oaep-sha1",
        RsaPadding::OaepSha256 => "oaep-sha256",
        RsaPadding::OaepSha384 => "oaep-sha384",
        RsaPadding::OaepSha512 => "oaep-sha512",
        _ => "pkcs1",
    }
}

/// A frame length that everybody can write.
pub const FRAME: usize = 4096;
/// All paddings of RSA.
pub const RSA_PADDINGS: [RsaPadding; 5] = [
    RsaPadding::OaepSha1,
    RsaPadding::OaepSha256,
    RsaPadding::OaepSha384,
    RsaPadding::OaepSha512,
    RsaPadding::DangerPkcs1V15,
];
/// The namespace of all keys.
const NAMESPACE: &str = "interop";
const RSA_PRIVATE: &str = include_str!("../vectors/rsa/private.pkcs8.pem");
const RSA_PUBLIC: &str = include_str!("../vectors/rsa/public.spki.pem");
