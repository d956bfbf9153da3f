//! The headers of a request, and its signature.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{Error, Result};
use sha2::{Digest as _, Sha256};

use super::client_key::ClientKey;

/// Headers by their names, in lower case.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Headers(BTreeMap<String, String>);

impl Headers {
    /// Adds a header, in the place of one that has this name already. White space around the value is left
    /// out, as HTTP does.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it cannot be sent: it is signed as it is sent.
    pub(crate) fn insert(&mut self, name: &str, value: &str) -> Result<()> {
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            let message = "the name of a header has letters, digits and hyphens, and at least one";
            return Err(Error::invalid_input(message));
        }
        if !value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
            let message = format!("the value of the header {name} has characters outside of ASCII");
            return Err(Error::invalid_input(message));
        }
        self.put(name, value.trim().to_owned());
        Ok(())
    }

    /// The value of a header.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn put(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_ascii_lowercase(), value.into());
    }
}

/// The headers of a request at this time, with its signature. `own` are those of the caller: ones that the
/// gateway knows are replaced, and those that begin with `x-kms-` are signed. What else is sent belongs to
/// HTTP (`host`, `content-length`, `user-agent`).
pub(crate) fn signed(
    key: &ClientKey,
    api: &str,
    date: &str,
    body: &[u8],
    own: &Headers,
) -> Result<Headers> {
    let mut headers = own.clone();
    let digest = Sha256::digest(body);
    headers.put("accept", PROTOBUF);
    headers.put("content-type", PROTOBUF);
    headers
        .put("content-sha256", digest.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
    headers.put("date", date);
    // Three times c: so the gateway has it.
    headers.put("x-kms-acccesskeyid", key.id());
    headers.put("x-kms-apiname", api);
    headers.put("x-kms-apiversion", API_VERSION);
    headers.put("x-kms-signaturemethod", SIGNATURE_METHOD);
    let signature = key.sign(string_to_sign(METHOD, &headers).as_bytes())?;
    headers.put("authorization", format!("Bearer {}", BASE64.encode(signature)));
    Ok(headers)
}

/// What is signed.
pub(crate) fn string_to_sign(method: &str, headers: &Headers) -> String {
    let mut text = format!("{method}\n");
    for name in ["content-sha256", "content-type", "date"] {
        text.push_str(headers.value(name).unwrap_or_default());
        text.push('\n');
    }
    for (name, value) in headers.iter().filter(|(name, _)| name.starts_with("x-kms-")) {
        text.extend([name, ":", value, "\n"]);
    }
    text.push_str(PATH);
    text
}

pub(crate) const METHOD: &str = "POST";
pub(crate) const PATH: &str = "/";
/// The type of requests and answers.
pub(crate) const PROTOBUF: &str = "application/x-protobuf";
const API_VERSION: &str = "dkms-gcs-0.2";
const SIGNATURE_METHOD: &str = "RSA_PKCS1_SHA_256";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::test_vectors;

    #[test]
    fn what_the_caller_adds_does_not_replace_ours() -> Result<()> {
        let key = ClientKey::from_private_key("id", &fs::read(test_vectors::path(KEY))?)?;
        let mut own = Headers::default();
        for name in ["X-KMS-ApiName", "Date", "Authorization", "Content-SHA256"] {
            own.insert(name, "mine")?;
        }
        own.insert("X-Kms-Own", " two  words\t")?;
        let made = signed(&key, "Encrypt", "now", b"", &own)?;
        assert_eq!(made.iter().filter(|(_, value)| *value == "mine").count(), 0);
        assert_eq!(made.value("x-kms-own"), Some("two  words"));
        assert!(string_to_sign("POST", &made).contains("\nx-kms-own:two  words\n"));
        Ok(())
    }

    #[test]
    fn headers_are_one_line() {
        let mut headers = Headers::default();
        for (name, value) in [
            ("", "x"),
            ("x y", "x"),
            ("x:", "x"),
            ("x\n", "x"),
            ("x-kms-ü", "x"),
            ("x-kms-x", "x\nx-kms-apiname:Decrypt"),
            ("x-kms-x", "x\r"),
            ("x-kms-x", "ü"),
            ("x-kms-x", "\u{7f}"),
        ] {
            let refused = headers.insert(name, value);
            assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{name:?} {value:?}");
        }
        assert_eq!(headers, Headers::default());
    }

    #[test]
    fn what_is_not_there_is_signed_as_nothing() {
        assert_eq!(string_to_sign("POST", &Headers::default()), "POST\n\n\n\n/");
    }
    const KEY: &str = "rsa/private.pkcs8.der";
}
