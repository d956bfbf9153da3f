//! What is kept: keys and credentials in files, and ciphertexts.

use crypto_envelope::{Error, Result, SecretBytes};

use crate::{
    instance::{
        client_key,
        pkcs12::{self, Password},
    },
    openapi::{Credentials, credentials::Outcome, ini, profile},
    transfer::blob::Blob,
};

/// The private key of a ClientKey as it stands in its file: PKCS#8 in DER.
///
/// # Errors
///
/// As [`ClientKey::from_json`](crate::ClientKey::from_json).
pub fn client_key_pkcs8(json: &str, password: &SecretBytes) -> Result<SecretBytes> {
    client_key::private_key(json, password).map(|(_, key)| key)
}

/// The private key in the contents of a PKCS#12 file (`AuthenticatedSafe`), as if its MAC had been checked.
///
/// # Errors
///
/// [`Error::InvalidInput`] if there is none that this password opens.
pub fn pkcs12_contents_pkcs8(contents: &[u8], password: &SecretBytes) -> Result<SecretBytes> {
    let password = Password::new(password);
    let password = password.ok_or_else(|| Error::invalid_input("the password is not UTF-8"))?;
    pkcs12::key_in(contents, &password)
        .map_err(|refused| Error::invalid_input(format!("{refused:?}")))
}

/// What a profile of the command `aliyun` has, if it is in `config`.
///
/// # Errors
///
/// As [`Credentials::of_profile`].
pub fn aliyun_profile(config: &[u8], name: Option<&str>) -> Result<Option<Credentials>> {
    profile::credentials(config, name, "FILE").map(found)
}

/// What a section of the credential file of the vendor's SDKs has, if it is in `text`.
///
/// # Errors
///
/// As [`Credentials::of_profile`].
pub fn credentials_section(text: &[u8], name: &str) -> Result<Option<Credentials>> {
    ini::credentials(text, name, "FILE").map(found)
}

fn found(outcome: Outcome) -> Option<Credentials> {
    match outcome {
        Outcome::Found(credentials) => Some(credentials),
        Outcome::Nothing(_) => None,
    }
}

/// A ciphertext of KMS 1.0 as an instance takes it: the id of the version of the key, the IV, the rest.
///
/// # Errors
///
/// [`Error::InvalidInput`] if this is none.
pub fn transfer_blob(text: &str) -> Result<(String, Vec<u8>, Vec<u8>)> {
    let blob = Blob::parse(text)?;
    Ok((blob.version_id().to_owned(), blob.iv().to_vec(), blob.ciphertext().to_vec()))
}
