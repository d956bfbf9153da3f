//! The ways to an RSA key inside of KMS.

use crypto_envelope::{Result, SecretBytes};

use crate::{
    AlibabaKmsInstance, AlibabaKmsOpenApi,
    error::Call,
    instance,
    openapi::{AsymmetricDecrypt, GetPublicKey, KeyVersion, ListKeyVersions},
    provider::wrapped_rsa_key::{ALGORITHM, WrappedRsaKey},
};

/// One of them.
#[derive(Clone, Debug)]
pub(super) enum Road {
    Instance(AlibabaKmsInstance),
    OpenApi(AlibabaKmsOpenApi),
}

/// What a version of a key encrypts with.
#[derive(Debug)]
pub(super) struct PublicKey {
    pub(super) version_id: String,
    pub(super) pem: String,
}

impl Road {
    pub(super) async fn decrypt(
        &self,
        wrapped: &WrappedRsaKey,
        ciphertext: &[u8],
    ) -> Result<SecretBytes> {
        match self {
            Self::Instance(instance) => decrypt_by_instance(instance, wrapped, ciphertext).await,
            Self::OpenApi(kms) => decrypt_by_openapi(kms, wrapped, ciphertext).await,
        }
    }

    /// Of the newest version, or of the one that is given unasked.
    pub(super) async fn public_key(&self, key_id: &str) -> Result<PublicKey> {
        match self {
            Self::Instance(instance) => {
                public_key_of_instance(instance, instance::GetPublicKey::new(key_id), key_id).await
            }
            Self::OpenApi(kms) => {
                let version_id = newest_version(kms, key_id).await?;
                self.public_key_of_version(key_id, &version_id).await
            }
        }
    }

    pub(super) async fn public_key_of_version(
        &self,
        key_id: &str,
        version_id: &str,
    ) -> Result<PublicKey> {
        match self {
            Self::Instance(instance) => {
                let call = instance::GetPublicKey::new(key_id).on_key_version(version_id);
                public_key_of_instance(instance, call, key_id).await
            }
            Self::OpenApi(kms) => public_key_of_openapi(kms, key_id, version_id).await,
        }
    }
}

async fn decrypt_by_instance(
    instance: &AlibabaKmsInstance,
    wrapped: &WrappedRsaKey,
    ciphertext: &[u8],
) -> Result<SecretBytes> {
    let WrappedRsaKey { key_id, version_id } = wrapped;
    let call = instance::Decrypt::new(key_id, ciphertext).algorithm(ALGORITHM);
    let answer = instance.call(call.on_key_version(version_id)).await?;
    Call::of_key("Decrypt", key_id).check_key(&answer.key_id, answer.request_id.as_deref())?;
    Ok(answer.plaintext)
}

async fn decrypt_by_openapi(
    kms: &AlibabaKmsOpenApi,
    wrapped: &WrappedRsaKey,
    ciphertext: &[u8],
) -> Result<SecretBytes> {
    let WrappedRsaKey { key_id, version_id } = wrapped;
    let answer = kms.call(AsymmetricDecrypt::new(key_id, version_id, ALGORITHM, ciphertext));
    let answer = answer.await?;
    let call = Call::of_key("AsymmetricDecrypt", key_id);
    call.check_key(&answer.key_id, answer.request_id.as_deref())?;
    Ok(answer.plaintext)
}

async fn public_key_of_instance(
    instance: &AlibabaKmsInstance,
    call: instance::GetPublicKey,
    key_id: &str,
) -> Result<PublicKey> {
    let answer = instance.call(call).await?;
    let call = Call::of_key(PUBLIC_KEY, key_id);
    call.check_key(&answer.key_id, answer.request_id.as_deref())?;
    let version_id = answer.key_version_id.ok_or_else(|| {
        let what = "KMS does not say of which version of the key the public key is: give it together with \
                    the id of its version";
        call.answered_wrongly(answer.request_id.as_deref(), what)
    })?;
    Ok(PublicKey { version_id, pem: answer.public_key })
}

async fn public_key_of_openapi(
    kms: &AlibabaKmsOpenApi,
    key_id: &str,
    version_id: &str,
) -> Result<PublicKey> {
    let answer = kms.call(GetPublicKey::new(key_id).key_version_id(version_id)).await?;
    Call::of_key(PUBLIC_KEY, key_id).check_key(&answer.key_id, answer.request_id.as_deref())?;
    Ok(PublicKey { version_id: version_id.to_owned(), pem: answer.public_key })
}

async fn newest_version(kms: &AlibabaKmsOpenApi, key_id: &str) -> Result<String> {
    let page = kms.call(ListKeyVersions::new(key_id).page_size(LONGEST_PAGE)).await?;
    let is_all = page.next_number().is_none();
    let newest = newest(page.items).filter(|_| is_all);
    newest.ok_or_else(|| {
        let what = "KMS does not say which version of the key is the newest: give the id of one";
        let call = Call::of_key("ListKeyVersions", key_id);
        call.answered_wrongly(page.request_id.as_deref(), what).into()
    })
}

/// None if that cannot be told. Dates are such that their texts are in their order.
fn newest(mut versions: Vec<KeyVersion>) -> Option<String> {
    versions.sort_by(|one, other| other.creation_date.cmp(&one.creation_date));
    if let [first, second, ..] = versions.as_slice()
        && first.creation_date == second.creation_date
    {
        return None;
    }
    versions.into_iter().next().map(|version| version.key_version_id)
}

const PUBLIC_KEY: &str = "GetPublicKey";
/// As many as KMS lists at once; a key has 50 versions at most.
const LONGEST_PAGE: u32 = 100;
