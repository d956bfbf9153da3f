//! Calls about key pairs. The version of the key may be empty: the instance then uses the one that there is.

use crypto_envelope::{Result, SecretBytes};

use super::client::{AlibabaKmsTransfer, answered_wrongly};
use crate::{
    instance::{self, Decrypt, Encrypt, MessageType, Sign, Verify},
    openapi::{
        AsymmetricCiphertext, AsymmetricDecrypt, AsymmetricEncrypt, AsymmetricPlaintext,
        AsymmetricSign, AsymmetricVerify, GetPublicKey, PublicKey, SignedDigest, Verification,
    },
};

impl AsymmetricEncrypt {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<AsymmetricCiphertext> {
        let plaintext = SecretBytes::from(self.plaintext.expose());
        let call = Encrypt::new(&self.key_id, plaintext).algorithm(&self.algorithm);
        let call = on_version(call, &self.key_version_id, Encrypt::on_key_version);
        let answer = kms.ask(call).await?;
        Ok(AsymmetricCiphertext {
            ciphertext_blob: answer.ciphertext_blob,
            key_id: answer.key_id,
            key_version_id: told::<Encrypt>(answer.key_version_id)?,
            request_id: answer.request_id,
        })
    }
}

impl AsymmetricDecrypt {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<AsymmetricPlaintext> {
        let call = Decrypt::new(&self.key_id, &*self.ciphertext_blob).algorithm(&self.algorithm);
        let call = on_version(call, &self.key_version_id, Decrypt::on_key_version);
        let answer = kms.ask(call).await?;
        Ok(AsymmetricPlaintext {
            plaintext: answer.plaintext,
            key_id: answer.key_id,
            key_version_id: told::<Decrypt>(answer.key_version_id)?,
            request_id: answer.request_id,
        })
    }
}

impl AsymmetricSign {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<SignedDigest> {
        let (key_id, algorithm) = (&self.key_id, &self.algorithm);
        let call = Sign::new(key_id, algorithm, MessageType::Digest, &*self.digest);
        let call = on_version(call, &self.key_version_id, Sign::on_key_version);
        let answer = kms.ask(call).await?;
        Ok(SignedDigest {
            signature: answer.signature,
            key_id: answer.key_id,
            key_version_id: told::<Sign>(answer.key_version_id)?,
            request_id: answer.request_id,
        })
    }
}

impl AsymmetricVerify {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<Verification> {
        let (key_id, algorithm) = (&self.key_id, &self.algorithm);
        let (digest, signature) = (&*self.digest, &*self.signature);
        let call = Verify::new(key_id, algorithm, MessageType::Digest, digest, signature);
        let call = on_version(call, &self.key_version_id, Verify::on_key_version);
        let answer = kms.ask(call).await?;
        Ok(Verification {
            is_valid: answer.is_valid,
            key_id: answer.key_id,
            key_version_id: told::<Verify>(answer.key_version_id)?,
            request_id: answer.request_id,
        })
    }
}

impl GetPublicKey {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<PublicKey> {
        let call = instance::GetPublicKey::new(&self.key_id);
        let version_id = self.key_version_id.as_deref().unwrap_or_default();
        let call = on_version(call, version_id, instance::GetPublicKey::on_key_version);
        let answer = kms.ask(call).await?;
        Ok(PublicKey {
            public_key: answer.public_key,
            key_id: answer.key_id,
            key_version_id: told::<instance::GetPublicKey>(answer.key_version_id)?,
            request_id: answer.request_id,
        })
    }
}

/// The call with this version of the key pair, if it is one.
fn on_version<'a, C>(call: C, version_id: &'a str, name: fn(C, &'a str) -> C) -> C {
    if version_id.is_empty() { call } else { name(call, version_id) }
}

/// Which version it was: the OpenAPI always says it, and programs store it.
fn told<C: instance::Call>(version_id: Option<String>) -> Result<Option<String>> {
    if version_id.is_none() {
        let what = "KMS does not say which version of the key it used";
        return Err(answered_wrongly::<C>(None, what));
    }
    Ok(version_id)
}
