//! Calls about symmetric keys.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptionContext, Error, Result, SecretBytes};
use zeroize::Zeroizing;

use super::{
    blob::Blob,
    client::{AlibabaKmsTransfer, DataKeyOrigin, Mode, answered_wrongly},
    refusal,
};
use crate::{
    instance::{self, AdvanceDecrypt, AdvanceEncrypt, AdvanceGenerateDataKey},
    openapi::{
        Ciphertext, DataKey, Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext,
        Plaintext, calls::Parts as _,
    },
};

impl Encrypt {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<Ciphertext> {
        self.parameters()?;
        let aad = kms.aad(self.encryption_context.as_ref());
        kms.seal(&self.key_id, &self.plaintext, aad).await
    }
}

impl Decrypt {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<Plaintext> {
        self.parameters()?;
        let blob = Blob::parse(&self.ciphertext_blob)?;
        let mut refused = None;
        for aad in kms.aads(self.encryption_context.as_ref()) {
            match kms.open(&blob, aad).await {
                Err(error) if refusal::is_about_ciphertext(&error) => {
                    refused.get_or_insert(error);
                }
                outcome => return outcome,
            }
        }
        Err(refused.unwrap_or_else(Error::unauthentic_key))
    }
}

impl GenerateDataKey {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<DataKey> {
        self.parameters()?;
        let length = data_key_length(self.number_of_bytes, self.key_spec.as_deref())?;
        kms.make_data_key(&self.key_id, length, self.encryption_context.as_ref()).await
    }
}

impl GenerateDataKeyWithoutPlaintext {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<Ciphertext> {
        self.parameters()?;
        let length = data_key_length(self.number_of_bytes, self.key_spec.as_deref())?;
        let context = self.encryption_context.as_ref();
        let DataKey { ciphertext_blob, key_id, key_version_id, request_id, .. } =
            kms.make_data_key(&self.key_id, length, context).await?;
        Ok(Ciphertext { ciphertext_blob, key_id, key_version_id, request_id })
    }
}

impl AlibabaKmsTransfer {
    async fn seal(
        &self,
        key_id: &str,
        plaintext: &SecretBytes,
        aad: Vec<u8>,
    ) -> Result<Ciphertext> {
        let plaintext = SecretBytes::from(plaintext.expose());
        match self.mode {
            Mode::Advance => {
                let call = AdvanceEncrypt::new(key_id, plaintext).aad(aad);
                let answer = self.ask(call).await?;
                let version_id = answer.key_version_id.as_deref().unwrap_or_default();
                let blob = Blob::of_advance(&answer.ciphertext_blob)
                    .filter(|blob| blob.version_id() == version_id);
                ciphertext::<AdvanceEncrypt>(blob, answer)
            }
            Mode::InitialVersion => {
                let call = instance::Encrypt::new(key_id, plaintext).aad(aad);
                let answer = self.ask(call).await?;
                let version_id = answer.key_version_id.as_deref().unwrap_or_default();
                let blob = Blob::of_parts(version_id, &answer.iv, &answer.ciphertext_blob);
                ciphertext::<instance::Encrypt>(blob, answer)
            }
        }
    }

    async fn open(&self, blob: &Blob, aad: Vec<u8>) -> Result<Plaintext> {
        let instance::Plaintext { plaintext, key_id, request_id, .. } = match self.mode {
            Mode::Advance => {
                self.ask(AdvanceDecrypt::new(blob.advance()).iv(blob.iv()).aad(aad)).await?
            }
            Mode::InitialVersion => {
                let (version_id, ciphertext) = (blob.version_id(), blob.ciphertext());
                let call = instance::Decrypt::by_key_version(version_id, ciphertext);
                self.ask(call.iv(blob.iv()).aad(aad)).await?
            }
        };
        let key_version_id = Some(blob.version_id().to_owned());
        Ok(Plaintext { plaintext, key_id, key_version_id, request_id })
    }

    /// As KMS 1.0: what is encrypted is the base64 text of the data key.
    async fn make_data_key(
        &self,
        key_id: &str,
        length: u32,
        context: Option<&EncryptionContext>,
    ) -> Result<DataKey> {
        let aad = self.aad(context);
        let (plaintext, generated_by) = match self.data_keys {
            DataKeyOrigin::Instance => {
                let made = self.generate(key_id, length, aad.clone()).await?;
                (made.plaintext, made.request_id)
            }
            DataKeyOrigin::Local => (draw(length)?, None),
        };
        let text = Zeroizing::new(BASE64.encode(plaintext.expose()));
        let Ciphertext { ciphertext_blob, key_id, key_version_id, request_id } =
            self.seal(key_id, &SecretBytes::from(text.as_bytes()), aad).await?;
        let request_id = generated_by.or(request_id);
        Ok(DataKey { plaintext, ciphertext_blob, key_id, key_version_id, request_id })
    }

    /// What the instance encrypts of it is left alone: it is not as KMS 1.0 has it.
    async fn generate(&self, key_id: &str, length: u32, aad: Vec<u8>) -> Result<instance::DataKey> {
        match self.mode {
            Mode::Advance => self.ask(AdvanceGenerateDataKey::new(key_id, length).aad(aad)).await,
            Mode::InitialVersion => {
                self.ask(instance::GenerateDataKey::new(key_id, length).aad(aad)).await
            }
        }
    }
}

/// What an instance has encrypted, if it is a ciphertext of KMS 1.0.
fn ciphertext<C: instance::Call>(
    blob: Option<Blob>,
    answer: instance::Ciphertext,
) -> Result<Ciphertext> {
    let instance::Ciphertext { key_id, request_id, .. } = answer;
    let Some(blob) = blob else {
        return Err(answered_wrongly::<C>(request_id.as_deref(), NO_CIPHERTEXT));
    };
    let key_version_id = Some(blob.version_id().to_owned());
    Ok(Ciphertext { ciphertext_blob: blob.text(), key_id, key_version_id, request_id })
}

/// A data key of this machine.
fn draw(length: u32) -> Result<SecretBytes> {
    let length = usize::try_from(length)
        .map_err(|_| Error::invalid_input("a data key has at most 1024 bytes"))?;
    SecretBytes::random(length)
}

/// In bytes. The number wins.
fn data_key_length(number_of_bytes: Option<u32>, key_spec: Option<&str>) -> Result<u32> {
    match (number_of_bytes, key_spec) {
        (Some(number), _) => Ok(number),
        (None, None | Some("AES_256")) => Ok(32),
        (None, Some("AES_128")) => Ok(16),
        (None, Some(other)) => {
            let message = format!("KeySpec is {other:?}, but has to be AES_256 or AES_128");
            Err(Error::invalid_input(message))
        }
    }
}

const NO_CIPHERTEXT: &str =
    "KMS answered with no ciphertext, or does not say of which version of the key";
