//! Calls about key pairs. The version of the key, which an instance takes as a header, may be empty: the
//! instance then uses the one that there is.

use crypto_envelope::{Result, SecretBytes};

use super::client::{AlibabaKmsTransfer, answered_wrongly, known, refuse_dry_run};
use crate::{
    instance::{
        client::Answered,
        messages::{
            DecryptRequest, EncryptRequest, GetPublicKeyRequest, Request, SignRequest,
            VerifyRequest,
        },
        protobuf::Message as _,
    },
    openapi::{
        AsymmetricCiphertext, AsymmetricDecrypt, AsymmetricEncrypt, AsymmetricPlaintext,
        AsymmetricSign, AsymmetricVerify, GetPublicKey, PublicKey, SignedDigest, Verification,
    },
};

impl AsymmetricEncrypt {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<AsymmetricCiphertext> {
        refuse_dry_run(self.dry_run)?;
        let mut request = EncryptRequest::empty();
        (request.key_id, request.algorithm) = (self.key_id.clone(), self.algorithm.clone());
        request.plaintext = SecretBytes::from(self.plaintext.expose());
        let Served { message, key_version_id } =
            kms.use_pair(&request, &self.key_id, &self.key_version_id).await?;
        Ok(AsymmetricCiphertext {
            ciphertext_blob: message.ciphertext_blob,
            key_id: message.key_id,
            key_version_id,
            request_id: known(message.request_id),
        })
    }
}

impl AsymmetricDecrypt {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<AsymmetricPlaintext> {
        refuse_dry_run(self.dry_run)?;
        let mut request = DecryptRequest::empty();
        (request.key_id, request.algorithm) = (self.key_id.clone(), self.algorithm.clone());
        request.ciphertext_blob.clone_from(&self.ciphertext_blob);
        let Served { message, key_version_id } =
            kms.use_pair(&request, &self.key_id, &self.key_version_id).await?;
        Ok(AsymmetricPlaintext {
            plaintext: message.plaintext,
            key_id: message.key_id,
            key_version_id,
            request_id: known(message.request_id),
        })
    }
}

impl AsymmetricSign {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<SignedDigest> {
        refuse_dry_run(self.dry_run)?;
        let mut request = SignRequest::empty();
        (request.key_id, request.algorithm) = (self.key_id.clone(), self.algorithm.clone());
        (request.message, request.message_type) = (self.digest.clone(), DIGEST.to_owned());
        let Served { message, key_version_id } =
            kms.use_pair(&request, &self.key_id, &self.key_version_id).await?;
        Ok(SignedDigest {
            signature: message.signature,
            key_id: message.key_id,
            key_version_id,
            request_id: known(message.request_id),
        })
    }
}

impl AsymmetricVerify {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<Verification> {
        refuse_dry_run(self.dry_run)?;
        let mut request = VerifyRequest::empty();
        (request.key_id, request.algorithm) = (self.key_id.clone(), self.algorithm.clone());
        (request.message, request.message_type) = (self.digest.clone(), DIGEST.to_owned());
        request.signature.clone_from(&self.signature);
        let Served { message, key_version_id } =
            kms.use_pair(&request, &self.key_id, &self.key_version_id).await?;
        Ok(Verification {
            is_valid: message.value,
            key_id: message.key_id,
            key_version_id,
            request_id: known(message.request_id),
        })
    }
}

impl GetPublicKey {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<PublicKey> {
        refuse_dry_run(self.dry_run)?;
        let mut request = GetPublicKeyRequest::empty();
        request.key_id.clone_from(&self.key_id);
        let version_id = self.key_version_id.as_deref().unwrap_or_default();
        let Served { message, key_version_id } =
            kms.use_pair(&request, &self.key_id, version_id).await?;
        Ok(PublicKey {
            public_key: message.public_key,
            key_id: message.key_id,
            key_version_id,
            request_id: known(message.request_id),
        })
    }
}

/// What an instance answers, and with which version of the key.
struct Served<M> {
    message: M,
    key_version_id: Option<String>,
}

impl AlibabaKmsTransfer {
    /// With this version of a key pair; with whichever, if it is empty.
    async fn use_pair<R: Request>(
        &self,
        request: &R,
        key_id: &str,
        version_id: &str,
    ) -> Result<Served<R::Response>>
    where
        R::Response: Send + 'static,
    {
        let asked = Some(version_id).filter(|version_id| !version_id.is_empty());
        let Answered { message, key_version } = self.ask(request, key_id, asked).await?;
        // The OpenAPI always says it, and programs store it.
        if key_version.is_none() {
            let what = "KMS does not say which version of the key it used";
            return Err(answered_wrongly(R::API, "", what));
        }
        if asked.is_some() && asked != key_version.as_deref() {
            let what = "KMS used another version of the key than it was asked to";
            return Err(answered_wrongly(R::API, "", what));
        }
        Ok(Served { message, key_version_id: key_version })
    }
}

/// What is signed is a digest already.
const DIGEST: &str = "DIGEST";
