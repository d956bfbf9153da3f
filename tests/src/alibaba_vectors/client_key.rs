//! ClientKey files.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{Error, SecretBytes};
use crypto_envelope_alibaba_kms::{ClientKey, wire};

use crate::{
    runner::Outcome,
    vector_files::case::{Case, same, same_bytes},
    vectors::Result,
};

pub(super) fn check(directory: &Path, case: &Case) -> Result<Outcome> {
    let opened = open(directory, case, "file");
    if case.has("error") {
        return match opened {
            Ok(_) => Err("it opened".into()),
            // Not that there is no such file, for instance.
            Err(error) => match error.downcast_ref() {
                Some(Error::InvalidInput { .. }) => Ok(Outcome::Passed),
                _ => Err(error),
            },
        };
    }
    let key = opened?;
    same("the id", case.text("key_id")?, key.id())?;
    let pkcs8 = BASE64.decode(case.text("private_key_pkcs8_base64")?)?;
    let json = fs::read_to_string(directory.join(case.text("file")?))?;
    let found = wire::client_key_pkcs8(&json, &password(case)?)?;
    same_bytes("the private key", &pkcs8, found.expose())?;
    let alone = ClientKey::from_private_key(key.id(), &pkcs8)?;
    for key in [key, alone] {
        check_signature(case, &key)?;
    }
    Ok(Outcome::Passed)
}

/// The ClientKey that stands in the file which the member `file` names.
pub(super) fn open(directory: &Path, case: &Case, file: &str) -> Result<ClientKey> {
    Ok(ClientKey::from_file(directory.join(case.text(file)?), &password(case)?)?)
}

/// Whether the key signs as the vendor's SDK did.
pub(super) fn check_signature(case: &Case, key: &ClientKey) -> Result<()> {
    let signature = wire::instance_signature(key, case.text("string_to_sign")?.as_bytes())?;
    let found = format!("Bearer {}", BASE64.encode(signature));
    same("the signature", case.text("authorization")?, &found)
}

fn password(case: &Case) -> Result<SecretBytes> {
    Ok(SecretBytes::from(case.text("password")?.as_bytes()))
}
