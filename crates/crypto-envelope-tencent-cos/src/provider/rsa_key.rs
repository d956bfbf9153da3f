//! RSA keys, in the forms in which the official SDKs take them.

use std::path::Path;

use crypto_envelope::{Error, Result, SecretBytes, key_file::KeyFile, provider::RsaKey};

use super::private_pem;

/// Reads a key, with its passphrase if it has one.
pub(super) fn parse(key: &[u8], passphrase: Option<&SecretBytes>) -> Result<RsaKey> {
    match private_pem::decrypted(key, passphrase)? {
        Some(der) => RsaKey::parse(der.expose()).map_err(|_| {
            Error::invalid_input("the passphrase is wrong, or what it decrypts is no RSA key")
        }),
        None => RsaKey::parse(key),
    }
}

/// Reads a file. If there is a private key in it, nobody else may read it.
pub(super) fn read(path: &Path, passphrase: Option<&SecretBytes>) -> Result<RsaKey> {
    let file = KeyFile::open(path)?;
    let access = file.check_private();
    let key = parse(file.read(LONGEST)?.expose(), passphrase)
        .map_err(|error| Error::invalid_input(format!("{}: {error}", path.display())))?;
    if key.is_private() {
        access?;
    }
    Ok(key)
}

/// More than a private key of 8192 bits in PEM, encrypted.
const LONGEST: usize = 32_768;
