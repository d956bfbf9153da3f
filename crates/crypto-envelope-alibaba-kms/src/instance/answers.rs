//! What an instance answers. The functions that read fields look alike for the macro that calls them.
#![expect(clippy::unnecessary_wraps, reason = "they look alike for the macro")]

use crypto_envelope::SecretBytes;

use super::{
    messages,
    protobuf::{Malformed, Message as _, SecretText},
};

/// What can be read from an answer.
pub trait Read: Sized {
    /// Takes its fields out of the answer.
    fn read(given: &Given<'_>) -> Result<Self, Unreadable>;
}

/// An answer, and what is known besides.
#[derive(Debug)]
pub struct Given<'a> {
    pub(crate) body: &'a SecretBytes,
    /// The version of the key, from a header.
    pub(crate) key_version: Option<&'a str>,
    /// The version that was to be used.
    pub(crate) asked_version: Option<&'a str>,
    /// How many secret bytes were asked for.
    pub(crate) length: Option<u32>,
}

/// Why an answer is not what it should be. It shows no values.
#[derive(Debug)]
pub struct Unreadable {
    pub(crate) what: String,
    pub(crate) request_id: String,
}

impl Given<'_> {
    fn check_version(&self) -> Result<(), String> {
        match (self.asked_version, self.key_version) {
            (Some(asked), Some(found)) if asked != found => {
                Err("by another version of the key than was asked for".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Structs of answers, over the messages that they are read from. Beside a field stand the function that
/// reads it, the field of the message and its name in the API. The answers of Advance calls are those of
/// the others and one field more, so both are read as the longer one. The id of the request is in all of
/// them.
macro_rules! answers {
    ($(
        $(#[$doc:meta])*
        $answer:ident($message:ident) {
            $($(#[$field_doc:meta])+ $field:ident: $type:ty = $read:ident($member:ident, $name:literal),)*
            $(header { $(#[$header_doc:meta])* $header:ident })?
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub struct $answer {
            $($(#[$field_doc])+ pub $field: $type,)*
            $($(#[$header_doc])* pub $header: Option<String>,)?
            /// The id under which Alibaba Cloud knows the request.
            pub request_id: Option<String>,
        }

        impl Read for $answer {
            fn read(given: &Given<'_>) -> Result<Self, Unreadable> {
                let message = messages::$message::decode(given.body.expose())?;
                let request_id = message.request_id;
                let unreadable = |what| Unreadable { what, request_id: request_id.clone() };
                given.check_version().map_err(unreadable)?;
                Ok(Self {
                    $($field: $read($name, message.$member, given).map_err(unreadable)?,)*
                    $($header: given.key_version.map(str::to_owned),)?
                    request_id: unless_empty(request_id),
                })
            }
        }
    )*};
}

answers! {
    /// What a key has encrypted.
    Ciphertext(AdvanceEncryptResponse) {
        /// Ciphertext and tag; of [`AdvanceEncrypt`](super::AdvanceEncrypt) also what tells the version
        /// of the key, and the IV.
        ciphertext_blob: Vec<u8> = needed(ciphertext_blob, "CiphertextBlob"),
        /// The IV. Asymmetric keys have none.
        iv: Vec<u8> = any(iv, "Iv"),
        /// The key.
        key_id: String = needed(key_id, "KeyId"),
        /// Its version.
        key_version_id: Option<String> = version(key_version_id, "KeyVersionId"),
        /// How it was encrypted.
        algorithm: Option<String> = text(algorithm, "Algorithm"),
        /// How it was padded.
        padding_mode: Option<String> = text(padding_mode, "PaddingMode"),
    }

    /// What was encrypted by a key.
    Plaintext(AdvanceDecryptResponse) {
        /// The bytes that were encrypted. None at all are refused: an answer that lost them looks the same.
        plaintext: SecretBytes = needed(plaintext, "Plaintext"),
        /// The key.
        key_id: String = needed(key_id, "KeyId"),
        /// Its version.
        key_version_id: Option<String> = version(key_version_id, "KeyVersionId"),
        /// How it was encrypted.
        algorithm: Option<String> = text(algorithm, "Algorithm"),
        /// How it was padded.
        padding_mode: Option<String> = text(padding_mode, "PaddingMode"),
    }

    /// A new data key, of the length that was asked for.
    DataKey(AdvanceGenerateDataKeyResponse) {
        /// The data key itself.
        plaintext: SecretBytes = exact(plaintext, "Plaintext"),
        /// The data key, encrypted.
        ciphertext_blob: Vec<u8> = needed(ciphertext_blob, "CiphertextBlob"),
        /// The IV.
        iv: Vec<u8> = any(iv, "Iv"),
        /// The key that has encrypted it.
        key_id: String = needed(key_id, "KeyId"),
        /// Its version.
        key_version_id: Option<String> = version(key_version_id, "KeyVersionId"),
        /// How it was encrypted.
        algorithm: Option<String> = text(algorithm, "Algorithm"),
    }

    /// A new key pair.
    DataKeyPair(AdvanceGenerateDataKeyPairResponse) {
        /// The private key itself, in the format that was asked for.
        private_key: SecretBytes = needed(private_key_plaintext, "PrivateKeyPlaintext"),
        /// The private key, encrypted.
        private_key_ciphertext_blob: Vec<u8> =
            needed(private_key_ciphertext_blob, "PrivateKeyCiphertextBlob"),
        /// The public key, in the format that was asked for.
        public_key: Vec<u8> = needed(public_key, "PublicKey"),
        /// The IV with which the private key was encrypted.
        iv: Vec<u8> = any(iv, "Iv"),
        /// What kind of pair it is.
        key_pair_spec: Option<String> = text(key_pair_spec, "KeyPairSpec"),
        /// The key that has encrypted the private key.
        key_id: String = needed(key_id, "KeyId"),
        /// Its version.
        key_version_id: Option<String> = version(key_version_id, "KeyVersionId"),
        /// How it was encrypted.
        algorithm: Option<String> = text(algorithm, "Algorithm"),
    }

    /// A new key pair, whose private key is to be decrypted first.
    EncryptedKeyPair(AdvanceGenerateDataKeyPairWithoutPlaintextResponse) {
        /// The private key, encrypted.
        private_key_ciphertext_blob: Vec<u8> =
            needed(private_key_ciphertext_blob, "PrivateKeyCiphertextBlob"),
        /// The public key, in the format that was asked for.
        public_key: Vec<u8> = needed(public_key, "PublicKey"),
        /// The IV with which the private key was encrypted.
        iv: Vec<u8> = any(iv, "Iv"),
        /// What kind of pair it is.
        key_pair_spec: Option<String> = text(key_pair_spec, "KeyPairSpec"),
        /// The key that has encrypted the private key.
        key_id: String = needed(key_id, "KeyId"),
        /// Its version.
        key_version_id: Option<String> = version(key_version_id, "KeyVersionId"),
        /// How it was encrypted.
        algorithm: Option<String> = text(algorithm, "Algorithm"),
    }

    /// A signature.
    Signature(SignResponse) {
        /// The signature.
        signature: Vec<u8> = needed(signature, "Signature"),
        /// The key.
        key_id: String = needed(key_id, "KeyId"),
        /// How it was signed.
        algorithm: Option<String> = text(algorithm, "Algorithm"),
        header {
            /// The version of the key.
            key_version_id
        }
    }

    /// What came of verifying a signature.
    Verification(VerifyResponse) {
        /// Whether the key has made the signature of this message.
        is_valid: bool = any(value, "Value"),
        /// The key.
        key_id: String = needed(key_id, "KeyId"),
        /// How it was signed.
        algorithm: Option<String> = text(algorithm, "Algorithm"),
        header {
            /// The version of the key.
            key_version_id
        }
    }

    /// The public half of a key pair.
    PublicKey(GetPublicKeyResponse) {
        /// In PEM.
        public_key: String = needed(public_key, "PublicKey"),
        /// The key.
        key_id: String = needed(key_id, "KeyId"),
        header {
            /// The version of the key.
            key_version_id
        }
    }

    /// A message authentication code.
    Mac(HmacResponse) {
        /// The code. Compare it in constant time.
        mac: Vec<u8> = needed(signature, "Signature"),
        /// The key.
        key_id: String = needed(key_id, "KeyId"),
        header {
            /// The version of the key.
            key_version_id
        }
    }

    /// The hash of a message.
    Digest(HashResponse) {
        /// The hash.
        digest: Vec<u8> = needed(digest, "Digest"),
    }

    /// Random bytes, as many as were asked for.
    Random(GenerateRandomResponse) {
        /// The bytes.
        random: SecretBytes = exact(random, "Random"),
    }

    /// A version of a secret.
    SecretValue(GetSecretValueResponse) {
        /// The secret, as text.
        secret_data: SecretBytes = secret(secret_data, "SecretData"),
        /// `text`, or `binary` if the text is base64.
        secret_data_type: Option<String> = text(secret_data_type, "SecretDataType"),
        /// The name of the secret.
        secret_name: String = needed(secret_name, "SecretName"),
        /// Such as `Generic`.
        secret_type: Option<String> = text(secret_type, "SecretType"),
        /// The version.
        version_id: Option<String> = text(version_id, "VersionId"),
        /// Its stages, such as `ACSCurrent`.
        version_stages: Vec<String> = any(version_stages, "VersionStages"),
        /// When the version was made.
        create_time: Option<String> = text(create_time, "CreateTime"),
        /// What belongs to secrets that KMS rotates itself: JSON, which may tell of accounts.
        extended_config: Option<SecretBytes> = optional_secret(extended_config, "ExtendedConfig"),
        /// `Enabled`, `Disabled` or `Invalid`.
        automatic_rotation: Option<String> = text(automatic_rotation, "AutomaticRotation"),
        /// Such as `604800s`.
        rotation_interval: Option<String> = text(rotation_interval, "RotationInterval"),
        /// When it was rotated last.
        last_rotation_date: Option<String> = text(last_rotation_date, "LastRotationDate"),
        /// When it will be rotated.
        next_rotation_date: Option<String> = text(next_rotation_date, "NextRotationDate"),
    }
}

impl From<Malformed> for Unreadable {
    fn from(malformed: Malformed) -> Self {
        let what = format!("not the message of this call: {malformed}");
        Self { what, request_id: String::new() }
    }
}

/// What KMS always has: nothing is as good as no field, and as a message that ends too early between two.
trait Content {
    fn is_nothing(&self) -> bool;
}

impl Content for String {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl Content for Vec<u8> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl Content for SecretBytes {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

fn needed<T: Content>(name: &str, value: T, _: &Given<'_>) -> Result<T, String> {
    if value.is_nothing() { Err(format!("without {name}")) } else { Ok(value) }
}

/// Of the length that was asked for.
fn exact(name: &str, value: SecretBytes, given: &Given<'_>) -> Result<SecretBytes, String> {
    let value = needed(name, value, given)?;
    match given.length {
        Some(length) if u32::try_from(value.len()) != Ok(length) => {
            Err(format!("wrong: {name} has {} bytes, not {length}", value.len()))
        }
        _ => Ok(value),
    }
}

fn any<T>(_: &str, value: T, _: &Given<'_>) -> Result<T, String> {
    Ok(value)
}

fn text(_: &str, value: String, _: &Given<'_>) -> Result<Option<String>, String> {
    Ok(unless_empty(value))
}

/// From the message, or else from the header.
fn version(_: &str, value: String, given: &Given<'_>) -> Result<Option<String>, String> {
    Ok(unless_empty(value).or_else(|| given.key_version.map(str::to_owned)))
}

fn secret(name: &str, value: SecretText, given: &Given<'_>) -> Result<SecretBytes, String> {
    needed(name, value.into_bytes(), given)
}

fn optional_secret(
    _: &str,
    value: SecretText,
    _: &Given<'_>,
) -> Result<Option<SecretBytes>, String> {
    Ok(Some(value.into_bytes()).filter(|secret| !secret.is_empty()))
}

fn unless_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
