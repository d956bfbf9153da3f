//! What a program logs in with at the gateway of an instance.

use std::{fmt, fs::File, io::Read, path::Path, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{Error, Result, SecretBytes, hazmat, provider::RsaKey};
use serde_json::Value;

use super::pkcs12::{self, Password, Refused};

/// A ClientKey: the id and the RSA key that requests to a KMS instance are signed with.
///
/// The key is read once, kept inside AWS-LC, and wiped when the last clone is dropped. Clones are cheap.
/// [`Debug`](fmt::Debug) shows the id only.
///
/// The ClientKey file and its password together are all that it takes to use the keys of the
/// instance: keep both where nobody else can read them, and apart from each other.
///
/// ```no_run
/// use crypto_envelope::SecretBytes;
/// use crypto_envelope_alibaba_kms::ClientKey;
///
/// let password = std::env::var("CLIENT_KEY_PASSWORD").unwrap_or_default();
/// let password = SecretBytes::from(password.into_bytes());
/// let key = ClientKey::from_file("clientKey_KAAP.json", &password)?;
/// # Ok::<(), crypto_envelope::Error>(())
/// ```
#[derive(Clone)]
pub struct ClientKey(Arc<Inner>);

struct Inner {
    id: String,
    key: RsaKeyPair,
}

impl ClientKey {
    /// Reads the JSON file that the console gives out, as [`from_json`](Self::from_json) does. Whether
    /// others can read the file is not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be read; those of [`from_json`](Self::from_json).
    pub fn from_file(path: impl AsRef<Path>, password: &SecretBytes) -> Result<Self> {
        let path = path.as_ref();
        let mut text = String::new();
        let read =
            File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text));
        read.map_err(|error| {
            std::io::Error::new(error.kind(), format!("ClientKey file {}: {error}", path.display()))
        })?;
        Self::from_json(&text, password).map_err(|error| match error {
            Error::InvalidInput { what, .. } => {
                Error::invalid_input(format!("{}: {what}", path.display()))
            }
            Error::Unsupported { what, .. } => {
                Error::unsupported(format!("{}: {what}", path.display()))
            }
            other => other,
        })
    }

    /// Reads `{"KeyId": "...", "PrivateKeyData": "..."}`: the id, and PKCS#12 in base64. Other members are
    /// ignored. At most 64 KiB.
    ///
    /// The password is the one that was chosen when the ClientKey was created, in UTF-8. It comes as
    /// [`SecretBytes`] so that whoever reads it from a file or the environment has it wiped:
    /// `SecretBytes::from(text.into_bytes())` takes it over without a copy.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the text is no ClientKey, the password is wrong, or the key is not RSA of
    /// 2048 to 8192 bits; [`Error::Unsupported`] if its PKCS#12 is of a kind that is not known.
    pub fn from_json(json: &str, password: &SecretBytes) -> Result<Self> {
        let (id, key) = private_key(json, password)?;
        Self::from_private_key(id, key.expose())
    }

    /// Takes a private RSA key in PEM or DER, PKCS#8 or PKCS#1, without a password. The bytes stay the
    /// caller's to wipe.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is not a private RSA key of 2048 to 8192 bits, or the id cannot stand
    /// in a header; [`Error::Unsupported`] if it is encrypted with a password.
    pub fn from_private_key(id: impl Into<String>, private_key: &[u8]) -> Result<Self> {
        let id = id.into();
        check_id(&id)?;
        let key = RsaKey::parse(private_key)?;
        let key = hazmat::pkcs8(&key).and_then(|pkcs8| RsaKeyPair::from_pkcs8(pkcs8).ok());
        let key = key.ok_or_else(|| {
            Error::invalid_input("a ClientKey has a private RSA key of 2048 to 8192 bits")
        })?;
        Ok(Self(Arc::new(Inner { id, key })))
    }

    /// Its id, as the console shows it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let key = &self.0.key;
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::invalid_input("the RSA key of the ClientKey cannot sign"))?;
        Ok(signature)
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("id", &self.0.id).finish_non_exhaustive()
    }
}

/// The id and the private key of what [`ClientKey::from_json`] takes.
pub(crate) fn private_key(json: &str, password: &SecretBytes) -> Result<(String, SecretBytes)> {
    let (id, file) = members(json)?;
    let key = opened(&id, &file, password)?;
    Ok((id, key))
}

/// It stands in headers and in errors.
fn check_id(id: &str) -> Result<()> {
    if (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let message = "the id of a ClientKey has 1 to 256 characters of ASCII, without spaces";
    Err(Error::invalid_input(message))
}

/// The id, and what is in the file.
fn members(json: &str) -> Result<(String, Vec<u8>)> {
    if json.len() as u64 > LONGEST {
        return Err(Error::invalid_input("a ClientKey has at most 64 KiB"));
    }
    let json: Value = serde_json::from_str(json).map_err(|_| {
        Error::invalid_input("a ClientKey is JSON: take the file as the console gave it out")
    })?;
    let member = |name| {
        json[name].as_str().ok_or_else(|| {
            Error::invalid_input(format!("this is no ClientKey: it has no text \"{name}\""))
        })
    };
    let id = member("KeyId")?;
    check_id(id)?;
    let data: String = member("PrivateKeyData")?.split_ascii_whitespace().collect();
    let file = BASE64.decode(data).map_err(|_| {
        Error::invalid_input("the \"PrivateKeyData\" of the ClientKey is not base64")
    })?;
    Ok((id.to_owned(), file))
}

/// The private key in the file.
fn opened(id: &str, file: &[u8], password: &SecretBytes) -> Result<SecretBytes> {
    let password = Password::new(password)
        .ok_or_else(|| Error::invalid_input("the password of a ClientKey is text in UTF-8"))?;
    pkcs12::private_key(file, &password).map_err(|refused| match refused {
        Refused::Damaged => Error::invalid_input(format!(
            "the \"PrivateKeyData\" of the ClientKey {id} is damaged: it is not PKCS#12"
        )),
        Refused::Password => Error::invalid_input(format!(
            "the password of the ClientKey {id} is wrong (the MAC does not fit): check that it is the one of \
             this file, without a line break at its end"
        )),
        Refused::Unsupported(what) => Error::unsupported(format!(
            "{what}, in the \"PrivateKeyData\" of the ClientKey {id}: give its private key by itself, or \
             create another ClientKey"
        )),
    })
}

/// In bytes. Those of the vendor have less than 4 KiB.
const LONGEST: u64 = 0x1_0000;
const LONGEST_ID: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors;

    fn password(text: &str) -> SecretBytes {
        SecretBytes::from(text.as_bytes())
    }

    fn what<T: fmt::Debug>(refused: Result<T>) -> String {
        refused.expect_err("it is refused").to_string()
    }

    #[test]
    fn a_wrong_password_is_said_with_the_name_of_the_file() {
        let file = test_vectors::path("alibaba/clientkeys/ClientKey_modern_pbes2.json");
        let message = what(ClientKey::from_file(&file, &password("dev-Passw0rd!x")));
        assert!(message.contains("KAAP.dev-0001-clientkey is wrong"), "{message}");
        assert!(message.contains(&*file.to_string_lossy()), "{message}");
    }

    #[test]
    fn keys_come_in_every_form() -> Result<()> {
        let read = |name: &str| std::fs::read(test_vectors::path("rsa").join(name));
        let expected = ClientKey::from_private_key("id", &read("private.pkcs8.der")?)?;
        for name in ["private.pkcs8.pem", "private.pkcs1.pem", "private.pkcs1.der"] {
            let key = ClientKey::from_private_key("id", &read(name)?)?;
            assert_eq!(key.sign(b"message")?, expected.sign(b"message")?);
        }
        for name in ["public.spki.pem", "private.1024.pem"] {
            assert!(what(ClientKey::from_private_key("id", &read(name)?)).contains("2048 to 8192"));
        }
        let refused = ClientKey::from_private_key("id", &read("private.encrypted.pem")?);
        assert!(matches!(refused, Err(Error::Unsupported { .. })));
        Ok(())
    }

    #[test]
    fn ids_are_fit_for_headers() -> Result<()> {
        let key = std::fs::read(test_vectors::path("rsa/private.pkcs8.der"))?;
        for id in ["", "a b", "a\r\nhost: b", "schlüssel", &"x".repeat(257)] {
            assert!(what(ClientKey::from_private_key(id, &key)).contains("the id"), "{id:?}");
        }
        assert!(ClientKey::from_private_key("x".repeat(256), &key).is_ok());
        Ok(())
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let open = |json: &str| what(ClientKey::from_json(json, &password("dev-Passw0rd!")));
        for (json, message) in [
            ("", "is JSON"),
            ("-----BEGIN PRIVATE KEY-----", "is JSON"),
            ("[]", "no text \"KeyId\""),
            (r#"{"KeyId": 1}"#, "no text \"KeyId\""),
            (r#"{"KeyId": "a\nb", "PrivateKeyData": ""}"#, "the id"),
            (r#"{"KeyId": "a"}"#, "no text \"PrivateKeyData\""),
            (r#"{"KeyId": "a", "PrivateKeyData": "?"}"#, "not base64"),
            (r#"{"KeyId": "a", "PrivateKeyData": ""}"#, "damaged"),
            (r#"{"KeyId": "a", "PrivateKeyData": "MAMCAQA="}"#, "another version"),
        ] {
            assert!(open(json).contains(message), "{json}: {}", open(json));
        }
        assert!(open(&"[".repeat(1000)).contains("is JSON"));
        assert!(open(&" ".repeat(0x1_0001)).contains("at most 64 KiB"));
        let json = r#"{"KeyId": "a", "PrivateKeyData": ""}"#;
        let refused = ClientKey::from_json(json, &SecretBytes::from(vec![0xff]));
        assert!(what(refused).contains("UTF-8"));
        if cfg!(unix) {
            let endless = ClientKey::from_file("/dev/zero", &password(""));
            assert!(what(endless).contains("at most 64 KiB"));
        }
        let missing = ClientKey::from_file("/nowhere/at/all.json", &password(""));
        assert!(what(missing).contains("/nowhere/at/all.json"));
    }

    #[test]
    fn nothing_secret_is_printed() -> Result<()> {
        let path = test_vectors::path("alibaba/clientkeys/ClientKey_legacy_rc2_3des.json");
        let key = ClientKey::from_file(path, &password("dev-Passw0rd!"))?;
        assert_eq!(format!("{key:?}"), "ClientKey { id: \"KAAP.dev-0001-clientkey\", .. }");
        Ok(())
    }
}
