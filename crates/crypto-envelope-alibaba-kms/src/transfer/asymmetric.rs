//! Calls about key pairs. The version of the key may be empty: the instance then uses the one that there is.

use crypto_envelope::{Result, SecretBytes};

use super::client::{AlibabaKmsTransfer, answered_wrongly, refuse_dry_run};
use crate::{
    instance::{self, Decrypt, Encrypt, MessageType, Sign, Verify},
    openapi::{
        AsymmetricCiphertext, AsymmetricDecrypt, AsymmetricEncrypt, AsymmetricPlaintext,
        AsymmetricSign, AsymmetricVerify, GetPublicKey, PublicKey, SignedDigest, Verification,
    },
};

impl AsymmetricEncrypt {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<AsymmetricCiphertext> {
        refuse_dry_run(self.dry_run)?;
        let plaintext = SecretBytes::from(self.plaintext.expose());
        let call = Encrypt::new(&self.key_id, plaintext).algorithm(&self.algorithm);
        let version = Version(&self.key_version_id);
        let answer = kms.ask(version.named(call, Encrypt::on_key_version)).await?;
        Ok(AsymmetricCiphertext {
            ciphertext_blob: answer.ciphertext_blob,
            key_id: answer.key_id,
            key_version_id: version.checked::<Encrypt>(answer.key_version_id)?,
            request_id: answer.request_id,
        })
    }
}

impl AsymmetricDecrypt {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<AsymmetricPlaintext> {
        refuse_dry_run(self.dry_run)?;
        let call = Decrypt::new(&self.key_id, &*self.ciphertext_blob).algorithm(&self.algorithm);
        let version = Version(&self.key_version_id);
        let answer = kms.ask(version.named(call, Decrypt::on_key_version)).await?;
        Ok(AsymmetricPlaintext {
            plaintext: answer.plaintext,
            key_id: answer.key_id,
            key_version_id: version.checked::<Decrypt>(answer.key_version_id)?,
            request_id: answer.request_id,
        })
    }
}

impl AsymmetricSign {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<SignedDigest> {
        refuse_dry_run(self.dry_run)?;
        let (key_id, algorithm) = (&self.key_id, &self.algorithm);
        let call = Sign::new(key_id, algorithm, MessageType::Digest, &*self.digest);
        let version = Version(&self.key_version_id);
        let answer = kms.ask(version.named(call, Sign::on_key_version)).await?;
        Ok(SignedDigest {
            signature: answer.signature,
            key_id: answer.key_id,
            key_version_id: version.checked::<Sign>(answer.key_version_id)?,
            request_id: answer.request_id,
        })
    }
}

impl AsymmetricVerify {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<Verification> {
        refuse_dry_run(self.dry_run)?;
        let (key_id, algorithm) = (&self.key_id, &self.algorithm);
        let (digest, signature) = (&*self.digest, &*self.signature);
        let call = Verify::new(key_id, algorithm, MessageType::Digest, digest, signature);
        let version = Version(&self.key_version_id);
        let answer = kms.ask(version.named(call, Verify::on_key_version)).await?;
        Ok(Verification {
            is_valid: answer.is_valid,
            key_id: answer.key_id,
            key_version_id: version.checked::<Verify>(answer.key_version_id)?,
            request_id: answer.request_id,
        })
    }
}

impl GetPublicKey {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<PublicKey> {
        refuse_dry_run(self.dry_run)?;
        let call = instance::GetPublicKey::new(&self.key_id);
        let version = Version(self.key_version_id.as_deref().unwrap_or_default());
        let call = version.named(call, instance::GetPublicKey::on_key_version);
        let answer = kms.ask(call).await?;
        Ok(PublicKey {
            public_key: answer.public_key,
            key_id: answer.key_id,
            key_version_id: version.checked::<instance::GetPublicKey>(answer.key_version_id)?,
            request_id: answer.request_id,
        })
    }
}

/// The version of a key pair that is asked for. Any, if it is empty.
#[derive(Clone, Copy)]
struct Version<'a>(&'a str);

impl<'a> Version<'a> {
    /// The call with this version, if it is one.
    fn named<C>(self, call: C, name: fn(C, &'a str) -> C) -> C {
        if self.0.is_empty() { call } else { name(call, self.0) }
    }

    /// Which version it was: the OpenAPI always says it, and programs store it.
    fn checked<C: instance::Call>(self, found: Option<String>) -> Result<Option<String>> {
        let Some(version_id) = found.as_deref() else {
            let what = "KMS does not say which version of the key it used";
            return Err(answered_wrongly::<C>(None, what));
        };
        if !self.0.is_empty() && self.0 != version_id {
            let what = "KMS used another version of the key than it was asked to";
            return Err(answered_wrongly::<C>(None, what));
        }
        Ok(found)
    }
}
