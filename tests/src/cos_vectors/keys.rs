//! Who unwraps the keys of the vectors.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    Result as CoreResult, SecretBytes,
    provider::{ProviderError, ProviderErrorKind, RsaKey, async_trait},
};
use crypto_envelope_tencent_cos::{CosAesProvider, CosAesWrapping, CosRsaProvider, TencentKms};

use crate::vectors::Result;

pub(super) fn aes(text: &str, wrapping: CosAesWrapping) -> Result<CosAesProvider> {
    Ok(CosAesProvider::new(&CosAesProvider::key_of_text(text)?, wrapping)?)
}

/// Of a name such as `rsa2048`, from every form of it that there is: they must be one key.
pub(super) fn rsa(directory: &Path, name: &str) -> Result<RsaKey> {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(format!("no key is called {name:?}").into());
    }
    let read = |form: &str| -> Result<RsaKey> {
        let path = directory.join("keys").join(format!("{name}.{form}.pem"));
        Ok(CosRsaProvider::key_of(&fs::read(path)?, None)?)
    };
    let key = read("pkcs8")?;
    for form in ["pkcs1", "pub"] {
        if read(form)?.public_key() != key.public_key() {
            return Err(format!("{name}.{form}.pem is another key").into());
        }
    }
    Ok(key)
}

/// Whether this build has the RSA that AWS-LC has not.
pub(super) const HAS_ALL_RSA: bool = cfg!(feature = "rustcrypto-rsa");

/// Demands that an error names the feature without which there is no such key.
pub(super) fn names_feature<T>(outcome: CoreResult<T>) -> Result<()> {
    match outcome {
        Err(error) if error.to_string().contains("`rustcrypto-rsa`") => Ok(()),
        Err(error) => Err(format!("the feature is not named: {error}").into()),
        Ok(_) => Err("there is no RSA for this, and it worked".into()),
    }
}

/// The stand-in for KMS that the vectors were made with: the blob tells all. It is here, and no fake of the
/// testkit, since that does not depend on the crate whose trait it implements.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests make their own")]
pub struct VectorKms;

#[async_trait]
impl TencentKms for VectorKms {
    async fn decrypt(&self, blob: &str, context: &str) -> CoreResult<SecretBytes> {
        let refused = |kind, message: &str| ProviderError::new(kind, message);
        let mut parts = blob.split('|');
        let found = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some("fakekms"), Some(bound), Some(plaintext), None) = found else {
            return Err(refused(ProviderErrorKind::Other, "it is no blob of this KMS").into());
        };
        if bound != context {
            return Err(refused(ProviderErrorKind::WrongContext, "of the vectors").into());
        }
        BASE64.decode(plaintext).map_err(|_| refused(ProviderErrorKind::Other, "its plaintext"))?;
        Ok(SecretBytes::from(plaintext.as_bytes()))
    }
}
