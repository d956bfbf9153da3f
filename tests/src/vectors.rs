//! The vectors in `tests/vectors/aws-esdk`: messages that the vendors' own code wrote, and
//! crafted ones that must be refused. The README beside them says what each field means.

use std::{error::Error, fs, path::PathBuf, time::Duration};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, EncryptionContext, Encryptor, Limits, SecretBytes,
    provider::{
        EcKey, KeyProvider, MultiProvider, RawAesProvider, RawEcdhProvider, RawRsaProvider, RsaKey,
        RsaPadding,
    },
};
use crypto_envelope_aws_kms::{
    AwsKmsHierarchyProvider, BranchKeyMaterial, BranchKeySource, BranchKeyVersion,
};
use serde_json::Value;

use crate::aws_kms::Kms;

/// The result of everything that reads vectors.
pub type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Whether an error is what a reader says of a bad message, and not a failure of its own.
#[must_use]
pub fn is_refusal(error: &crypto_envelope::Error) -> bool {
    use crypto_envelope::Error as E;
    matches!(
        error,
        E::Authentication { .. }
            | E::Truncated { .. }
            | E::Malformed { .. }
            | E::InBase64
            | E::Unsupported { .. }
            | E::Limit { .. }
            | E::Policy(_)
            | E::NoUsableKey { .. }
    )
}

/// Whether messages of faulty writers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests name them")]
pub enum Faults {
    /// By default.
    Refused,
    /// By the options that there are for them.
    Read,
}

/// A directory in the manifest format.
#[derive(Debug)]
pub struct Manifest {
    directory: PathBuf,
    keys: Value,
    /// All tests, in their order.
    pub tests: Vec<Vector>,
}

/// One test of a manifest.
#[derive(Clone, Debug)]
pub struct Vector(Value);

/// What has to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the runner must know all of them")]
pub enum Expect {
    /// The plaintext comes out.
    Open,
    /// A refusal.
    Refuse,
    /// No key is known here: header, body and footer can be parsed, and the signature verifies.
    Parse,
    /// Either of both.
    Either,
}

/// A further rule, on a message that opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the runner must know all of them")]
pub enum Rule {
    /// Every strict prefix must be refused.
    TruncateAll,
    /// The message with any one bit flipped must be refused.
    FlipAllBits,
}

impl Manifest {
    /// The set in the repository.
    ///
    /// # Errors
    ///
    /// If a file is missing or is not what it should be.
    pub fn official() -> Result<Self> {
        Self::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join("aws-esdk"))
    }

    /// A set in another directory.
    ///
    /// # Errors
    ///
    /// If a file is missing or is not what it should be.
    pub fn read(directory: impl Into<PathBuf>) -> Result<Self> {
        let directory = directory.into();
        let mut root = json(&directory.join("tests.json"))?;
        let Value::Array(tests) = root["tests"].take() else {
            return Err("tests.json has no array of tests".into());
        };
        let keys = json(&directory.join("keys.json"))?["keys"].take();
        Ok(Self { directory, keys, tests: tests.into_iter().map(Vector).collect() })
    }

    /// The message of a test.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn message(&self, vector: &Vector) -> Result<Vec<u8>> {
        self.file(vector, "ciphertext")
    }

    /// The plaintext that has to come out.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn plaintext(&self, vector: &Vector) -> Result<Vec<u8>> {
        self.file(vector, "plaintext")
    }

    /// A decryptor with the key and the settings of a test.
    ///
    /// # Errors
    ///
    /// If there is no provider for its keyring, or it needs the KMS that is not given.
    pub fn decryptor(
        &self,
        vector: &Vector,
        kms: Option<&Kms>,
        faults: Faults,
    ) -> Result<Decryptor> {
        let provider = self.provider(&vector.0["keyring"], kms, faults)?;
        let mut limits = Limits::default();
        if let Some(count) = vector.0["max_encrypted_data_keys"].as_u64() {
            limits = limits.with_max_encrypted_data_keys(u16::try_from(count)?);
        }
        if let Some(bytes) = vector.0["max_body_length"].as_u64() {
            limits = limits.with_max_claimed_frame(bytes);
        }
        let mut builder = Decryptor::builder(provider)
            .commitment_policy(vector.commitment_policy()?)
            .limits(limits)
            .required_context_keys(vector.required_keys()?);
        if faults == Faults::Read {
            builder = builder.read_headers_of_net_4_0_0();
        }
        match vector.0["method"].as_str() {
            None => {}
            Some("streaming-unsigned-only") => builder = builder.unsigned_only(),
            Some(other) => return Err(format!("unknown method {other}").into()),
        }
        Ok(builder.build()?)
    }

    /// An encryptor that writes as the message of a test was written.
    ///
    /// # Errors
    ///
    /// As [`decryptor`](Self::decryptor).
    pub fn encryptor(&self, vector: &Vector, kms: &Kms) -> Result<Encryptor> {
        let provider = self.provider(&vector.0["encrypt_keyring"], Some(kms), Faults::Refused)?;
        let suite = vector.suite().ok_or("an unknown suite")?;
        Ok(Encryptor::builder(provider)
            .commitment_policy(writing_policy(suite))
            .suite(suite)
            .build()?)
    }

    /// The provider that a `keyring` describes.
    fn provider(
        &self,
        keyring: &Value,
        kms: Option<&Kms>,
        faults: Faults,
    ) -> Result<Box<dyn KeyProvider>> {
        if let Some(provider) = kms.and_then(|kms| kms.provider(keyring).transpose()) {
            return provider;
        }
        let names =
            || Ok::<_, Box<dyn Error>>((text(&keyring["namespace"])?, text(&keyring["name"])?));
        match text(&keyring["type"])? {
            "raw-aes" => {
                let key = match keyring.get("key_hex").and_then(Value::as_str) {
                    Some(hex) => from_hex(hex)?,
                    None => BASE64.decode(self.key(keyring)?)?,
                };
                let (namespace, name) = names()?;
                let provider = RawAesProvider::new(namespace, name, &SecretBytes::from(key))?;
                Ok(Box::new(match faults {
                    Faults::Refused => provider,
                    Faults::Read => provider.trying_key_orders(),
                }))
            }
            "raw-rsa" => {
                let (namespace, name) = names()?;
                let (padding, key) = (padding(keyring)?, self.key(keyring)?.as_bytes());
                Ok(Box::new(RawRsaProvider::new(namespace, name, padding, &RsaKey::parse(key)?)?))
            }
            "aws-kms-hierarchy" => {
                let id = text(&keyring["branch_key_id"])?;
                let source = OneBranchKey {
                    version: text(&keyring["branch_key_version"])?.parse()?,
                    key: BASE64.decode(text(&keyring["branch_key_base64"])?)?,
                };
                Ok(Box::new(AwsKmsHierarchyProvider::new(source, id, Duration::from_mins(1))?))
            }
            "raw-ecdh" => {
                let key = |whose: &str, half: &str| -> Result<EcKey> {
                    let entry = &self.keys[text(&keyring[whose])?];
                    Ok(EcKey::parse(text(&entry[format!("{half}-material")])?.as_bytes())?)
                };
                let recipient = key("recipient", "recipient")?;
                Ok(Box::new(match text(&keyring["schema"])? {
                    "discovery" => RawEcdhProvider::discovery(&recipient)?,
                    "static" => {
                        let sender = key("sender", "sender")?.to_public();
                        RawEcdhProvider::between(&recipient, &sender)?
                    }
                    other => return Err(format!("unknown schema {other}").into()),
                }))
            }
            "multi" => {
                let mut members = members(keyring).map(|member| self.provider(member, kms, faults));
                let first = MultiProvider::new(members.next().ok_or("nobody in it")??);
                let all = members
                    .try_fold(first, |all, one| Ok::<_, Box<dyn Error>>(all.with_child(one?)))?;
                Ok(Box::new(all))
            }
            other => Err(format!("no provider for the keyring type {other}").into()),
        }
    }

    /// Material of the key that a keyring names.
    fn key(&self, keyring: &Value) -> Result<&str> {
        text(&self.keys[text(&keyring["key"])?]["material"])
    }

    fn file(&self, vector: &Vector, field: &str) -> Result<Vec<u8>> {
        Ok(fs::read(self.directory.join(text(&vector.0[field])?))?)
    }
}

impl Vector {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0["id"].as_str().unwrap_or("?")
    }

    /// What it is about, for people.
    #[must_use]
    pub fn note(&self) -> &str {
        self.0["note"].as_str().unwrap_or("")
    }

    /// Its category.
    #[must_use]
    pub fn category(&self) -> &str {
        self.0["category"].as_str().unwrap_or("?")
    }

    /// Its suite, if this version knows it.
    #[must_use]
    pub fn suite(&self) -> Option<AlgorithmSuite> {
        AlgorithmSuite::from_id(u16::from_str_radix(self.0["suite"].as_str()?, 16).ok()?)
    }

    /// Whether it is to be opened with keys that are in the manifest.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        all_in(&self.0["keyring"], &["aws-kms-hierarchy", "raw-aes", "raw-ecdh", "raw-rsa"])
    }

    /// Whether it is to be opened with keys of KMS.
    #[must_use]
    pub fn is_kms(&self) -> bool {
        all_in(&self.0["keyring"], KMS_KEYRINGS)
    }

    /// The calls that the official SDK made to write the message, if it was by KMS.
    #[must_use]
    pub fn encrypt_calls(&self) -> &[Value] {
        self.calls("kms_encrypt_calls")
    }

    /// The calls that the official SDK made to open it; `None` if that failed for a mistake of its
    /// own.
    #[must_use]
    pub fn decrypt_calls(&self) -> Option<&[Value]> {
        self.0["official_result"].is_null().then(|| self.calls("kms_decrypt_calls"))
    }

    fn calls(&self, field: &str) -> &[Value] {
        self.0[field].as_array().map_or(&[], Vec::as_slice)
    }

    /// Whether a faulty writer wrote it.
    #[must_use]
    pub fn is_faulty(&self) -> bool {
        matches!(self.category(), "net-v4.0.0" | "js-locale-order")
    }

    /// What has to happen.
    ///
    /// # Errors
    ///
    /// If the manifest says something that is not known here.
    pub fn expect(&self, faults: Faults) -> Result<Expect> {
        let needs_retry = self.0["net_v4_0_0_retry"] == true;
        match text(&self.0["expect"])? {
            "ok" if faults == Faults::Read => Ok(Expect::Open),
            "ok" | "error" if self.0["optional"] == true => Ok(Expect::Either),
            // Messages of one faulty release.
            "ok" if needs_retry => Ok(Expect::Refuse),
            "ok" => Ok(Expect::Open),
            "error" => Ok(Expect::Refuse),
            "parse" => Ok(Expect::Parse),
            other => Err(format!("{}: unknown expectation {other:?}", self.id()).into()),
        }
    }

    /// The policy of the reader; it reads everything where none is given.
    fn commitment_policy(&self) -> Result<CommitmentPolicy> {
        let name = self.0["commitment_policy"].as_str().unwrap_or("FORBID_ENCRYPT_ALLOW_DECRYPT");
        COMMITMENT_POLICIES
            .into_iter()
            .find(|policy| policy.to_string() == name)
            .ok_or_else(|| format!("unknown commitment policy {name}").into())
    }

    /// A further rule.
    ///
    /// # Errors
    ///
    /// If the manifest names one that is not known here: the test would show less than it seems.
    pub fn rule(&self) -> Result<Option<Rule>> {
        match &self.0["rule"] {
            Value::Null => Ok(None),
            rule if rule == "truncate-all" => Ok(Some(Rule::TruncateAll)),
            rule if rule == "flip-all-bits" => Ok(Some(Rule::FlipAllBits)),
            other => Err(format!("unknown rule {other}").into()),
        }
    }

    /// The pairs that the reader reproduces.
    ///
    /// # Errors
    ///
    /// If they are no pairs of texts.
    pub fn reproduced_context(&self) -> Result<EncryptionContext> {
        pairs(&self.0["reproduced_encryption_context"])
    }

    /// The pairs that the message has to hold.
    ///
    /// # Errors
    ///
    /// If they are no pairs of texts.
    pub fn context(&self) -> Result<EncryptionContext> {
        pairs(&self.0["encryption_context"])
    }

    /// The keys that the header may leave out: where none are listed, all reproduced ones.
    fn required_keys(&self) -> Result<Vec<String>> {
        match &self.0["required_keys"] {
            Value::Null => {
                Ok(self.reproduced_context()?.iter().map(|(key, _)| key.to_owned()).collect())
            }
            keys => strings(keys),
        }
    }
}

/// That of a raw RSA key.
fn padding(keyring: &Value) -> Result<RsaPadding> {
    Ok(match (text(&keyring["padding"])?, keyring["hash"].as_str()) {
        ("pkcs1", None) => RsaPadding::DangerPkcs1V15,
        ("oaep", Some("sha1")) => RsaPadding::OaepSha1,
        ("oaep", Some("sha256")) => RsaPadding::OaepSha256,
        ("oaep", Some("sha384")) => RsaPadding::OaepSha384,
        ("oaep", Some("sha512")) => RsaPadding::OaepSha512,
        other => return Err(format!("unknown padding {other:?}").into()),
    })
}

/// The branch key of a manifest, in its one version.
#[derive(Debug)]
struct OneBranchKey {
    version: BranchKeyVersion,
    key: Vec<u8>,
}

#[async_trait]
impl BranchKeySource for OneBranchKey {
    async fn active(&self, _: &str) -> crypto_envelope::Result<BranchKeyMaterial> {
        BranchKeyMaterial::new(self.version, SecretBytes::from(self.key.as_slice()))
    }

    async fn version(
        &self,
        id: &str,
        version: BranchKeyVersion,
    ) -> crypto_envelope::Result<BranchKeyMaterial> {
        if version == self.version {
            return self.active(id).await;
        }
        Err(crypto_envelope::Error::invalid_input("there is one version alone"))
    }
}

/// One test of `commitment-test-vectors.json`.
#[derive(Clone, Debug)]
pub struct CommitmentVector(Value);

impl CommitmentVector {
    /// All of them.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn all() -> Result<Vec<Self>> {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join("aws-esdk");
        let mut root = json(&directory.join("commitment-test-vectors.json"))?;
        let Value::Array(tests) = root["tests"].take() else {
            return Err("no array of tests".into());
        };
        Ok(tests.into_iter().map(Self).collect())
    }

    /// What it is about.
    #[must_use]
    pub fn comment(&self) -> &str {
        self.0["comment"].as_str().unwrap_or("?")
    }

    /// Whether the message opens.
    #[must_use]
    pub fn must_open(&self) -> bool {
        self.0["status"] == true
    }

    /// A field in base64.
    ///
    /// # Errors
    ///
    /// If it is not there.
    pub fn bytes(&self, field: &str) -> Result<Vec<u8>> {
        Ok(BASE64.decode(text(&self.0[field])?.trim())?)
    }

    /// All frames, one behind the other, if the vector lists them.
    ///
    /// # Errors
    ///
    /// If they are not in base64.
    pub fn frames(&self) -> Result<Option<Vec<u8>>> {
        let Some(frames) = self.0["frames"].as_array().filter(|frames| !frames.is_empty()) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        for frame in frames {
            bytes.extend(BASE64.decode(text(frame)?.trim())?);
        }
        Ok(Some(bytes))
    }

    /// The plaintext of all frames.
    ///
    /// # Errors
    ///
    /// If they are no texts.
    pub fn plaintext(&self) -> Result<Vec<u8>> {
        let frames = self.0["plaintext-frames"].as_array().into_iter().flatten();
        Ok(frames.map(text).collect::<Result<Vec<_>>>()?.concat().into_bytes())
    }

    /// All pairs of the context.
    ///
    /// # Errors
    ///
    /// If they are no pairs of texts.
    pub fn context(&self) -> Result<EncryptionContext> {
        pairs(&self.0["encryption-context"])
    }
}

/// Whether it is of one of these types, or all that it consists of are.
fn all_in(keyring: &Value, types: &[&str]) -> bool {
    match keyring["type"].as_str() {
        Some("multi") => members(keyring).all(|member| all_in(member, types)),
        Some(name) => types.contains(&name),
        None => false,
    }
}

/// The generator, if there is one, and the children.
fn members(multi: &Value) -> impl Iterator<Item = &Value> {
    let children = multi["children"].as_array().into_iter().flatten();
    multi.get("generator").into_iter().chain(children)
}

/// No pairs where there is no object.
fn pairs(object: &Value) -> Result<EncryptionContext> {
    match object {
        Value::Null => Ok(EncryptionContext::new()),
        Value::Object(pairs) => {
            pairs.iter().map(|(key, value)| Ok((key.clone(), text(value)?))).collect()
        }
        other => Err(format!("these are no pairs: {other}").into()),
    }
}

fn json(path: &std::path::Path) -> Result<Value> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

pub(crate) fn text(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| "a text is missing".into())
}

/// No texts where there is no array.
pub(crate) fn strings(value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(all) => all.iter().map(|one| Ok(text(one)?.to_owned())).collect(),
        other => Err(format!("these are no texts: {other}").into()),
    }
}

pub(crate) fn from_hex(hex: &str) -> Result<Vec<u8>> {
    (0..hex.len())
        .step_by(2)
        .map(|i| Ok(u8::from_str_radix(hex.get(i..i + 2).ok_or("odd hex")?, 16)?))
        .collect()
}

const KMS_KEYRINGS: &[&str] =
    &["aws-kms", "aws-kms-mrk", "aws-kms-discovery", "aws-kms-mrk-discovery"];
/// All of them.
pub const COMMITMENT_POLICIES: [CommitmentPolicy; 3] = [
    CommitmentPolicy::RequireEncryptRequireDecrypt,
    CommitmentPolicy::RequireEncryptAllowDecrypt,
    CommitmentPolicy::DangerForbidEncryptAllowDecrypt,
];

/// The policy under which a suite can be written.
#[must_use]
pub fn writing_policy(suite: AlgorithmSuite) -> CommitmentPolicy {
    if suite.is_committing() {
        CommitmentPolicy::RequireEncryptRequireDecrypt
    } else {
        CommitmentPolicy::DangerForbidEncryptAllowDecrypt
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A test whose rule or pairs were dropped would pass and show nothing.
    #[test]
    fn what_is_not_known_here_is_an_error() {
        let vector = |field: &str, value: Value| Vector(json!({ field: value }));
        assert!(vector("rule", json!("flip-some-bits")).rule().is_err());
        assert!(vector("rule", json!(7)).rule().is_err());
        assert!(vector("encryption_context", json!({ "a": 7 })).context().is_err());
        assert!(vector("encryption_context", json!(["a"])).context().is_err());
        assert!(vector("required_keys", json!(["a", 7])).required_keys().is_err());
        assert!(vector("required_keys", json!("a")).required_keys().is_err());
    }
}
