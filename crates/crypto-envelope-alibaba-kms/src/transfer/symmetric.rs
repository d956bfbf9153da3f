//! Calls about symmetric keys.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptionContext, Error, Result, SecretBytes};
use zeroize::Zeroizing;

use super::{
    blob::Blob,
    client::{
        AlibabaKmsTransfer, DataKeyOrigin, TransferMode, answered_wrongly, known, refuse_dry_run,
    },
    refusal,
};
use crate::{
    instance::{
        messages::{
            AdvanceDecryptRequest, AdvanceEncryptRequest, AdvanceGenerateDataKeyRequest,
            DecryptRequest, EncryptRequest, GenerateDataKeyRequest,
        },
        protobuf::Message as _,
    },
    openapi::{
        Ciphertext, DataKey, Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext,
        Plaintext, calls::Parts as _,
    },
};

impl Encrypt {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<Ciphertext> {
        refuse_dry_run(self.dry_run)?;
        self.parameters()?;
        let aad = kms.aad(self.encryption_context.as_ref());
        Ok(kms.seal(&self.key_id, &self.plaintext, aad).await?.into_answer())
    }
}

impl Decrypt {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<Plaintext> {
        refuse_dry_run(self.dry_run)?;
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
        refuse_dry_run(self.dry_run)?;
        self.parameters()?;
        let length = data_key_length(self.number_of_bytes, self.key_spec.as_deref())?;
        kms.make_data_key(&self.key_id, length, self.encryption_context.as_ref()).await
    }
}

impl GenerateDataKeyWithoutPlaintext {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<Ciphertext> {
        refuse_dry_run(self.dry_run)?;
        self.parameters()?;
        let length = data_key_length(self.number_of_bytes, self.key_spec.as_deref())?;
        let context = self.encryption_context.as_ref();
        let DataKey { ciphertext_blob, key_id, key_version_id, request_id, .. } =
            kms.make_data_key(&self.key_id, length, context).await?;
        Ok(Ciphertext { ciphertext_blob, key_id, key_version_id, request_id })
    }
}

/// What an instance has encrypted.
#[derive(Debug)]
struct Sealed {
    blob: Blob,
    key_id: String,
    request_id: String,
}

impl Sealed {
    fn into_answer(self) -> Ciphertext {
        Ciphertext {
            ciphertext_blob: self.blob.text(),
            key_id: self.key_id,
            key_version_id: Some(self.blob.version_id().to_owned()),
            request_id: known(self.request_id),
        }
    }
}

/// A data key as an instance makes it.
struct Made {
    plaintext: SecretBytes,
    request_id: Option<String>,
}

impl AlibabaKmsTransfer {
    async fn seal(&self, key_id: &str, plaintext: &SecretBytes, aad: Vec<u8>) -> Result<Sealed> {
        match self.mode {
            TransferMode::Advance => self.seal_advance(key_id, plaintext, aad).await,
            TransferMode::InitialVersion => self.seal_initial(key_id, plaintext, aad).await,
        }
    }

    async fn seal_advance(
        &self,
        key_id: &str,
        plaintext: &SecretBytes,
        aad: Vec<u8>,
    ) -> Result<Sealed> {
        let mut request = AdvanceEncryptRequest::empty();
        (request.key_id, request.aad) = (key_id.to_owned(), aad);
        request.plaintext = SecretBytes::from(plaintext.expose());
        let answer = self.ask(&request, key_id, None).await?.message;
        let blob = Blob::of_advance(&answer.ciphertext_blob)
            .filter(|blob| blob.version_id() == answer.key_version_id);
        let blob = blob
            .ok_or_else(|| answered_wrongly("AdvanceEncrypt", &answer.request_id, NO_CIPHERTEXT))?;
        Ok(Sealed { blob, key_id: answer.key_id, request_id: answer.request_id })
    }

    async fn seal_initial(
        &self,
        key_id: &str,
        plaintext: &SecretBytes,
        aad: Vec<u8>,
    ) -> Result<Sealed> {
        let mut request = EncryptRequest::empty();
        (request.key_id, request.aad) = (key_id.to_owned(), aad);
        request.plaintext = SecretBytes::from(plaintext.expose());
        let answered = self.ask(&request, key_id, None).await?;
        let (answer, version_id) = (answered.message, answered.key_version.unwrap_or_default());
        let blob = Blob::of_parts(&version_id, &answer.iv, &answer.ciphertext_blob);
        let blob =
            blob.ok_or_else(|| answered_wrongly("Encrypt", &answer.request_id, NO_CIPHERTEXT))?;
        Ok(Sealed { blob, key_id: answer.key_id, request_id: answer.request_id })
    }

    async fn open(&self, blob: &Blob, aad: Vec<u8>) -> Result<Plaintext> {
        let (plaintext, key_id, request_id) = match self.mode {
            TransferMode::Advance => {
                let mut request = AdvanceDecryptRequest::empty();
                (request.ciphertext_blob, request.iv, request.aad) =
                    (blob.advance(), blob.iv().to_vec(), aad);
                let answer = self.ask(&request, "", None).await?.message;
                (answer.plaintext, answer.key_id, answer.request_id)
            }
            TransferMode::InitialVersion => {
                let mut request = DecryptRequest::empty();
                (request.ciphertext_blob, request.iv, request.aad) =
                    (blob.ciphertext().to_vec(), blob.iv().to_vec(), aad);
                let answer = self.ask(&request, "", Some(blob.version_id())).await?.message;
                (answer.plaintext, answer.key_id, answer.request_id)
            }
        };
        let key_version_id = Some(blob.version_id().to_owned());
        Ok(Plaintext { plaintext, key_id, key_version_id, request_id: known(request_id) })
    }

    /// As KMS 1.0: what is encrypted is the base64 text of the data key.
    async fn make_data_key(
        &self,
        key_id: &str,
        length: usize,
        context: Option<&EncryptionContext>,
    ) -> Result<DataKey> {
        let aad = self.aad(context);
        let made = match self.data_keys {
            DataKeyOrigin::Instance => self.generate(key_id, length, aad.clone()).await?,
            DataKeyOrigin::Local => {
                Made { plaintext: SecretBytes::random(length)?, request_id: None }
            }
        };
        let text = Zeroizing::new(BASE64.encode(made.plaintext.expose()));
        let sealed = self.seal(key_id, &SecretBytes::from(text.as_bytes()), aad).await?;
        let Ciphertext { ciphertext_blob, key_id, key_version_id, request_id } =
            sealed.into_answer();
        let request_id = made.request_id.or(request_id);
        let plaintext = made.plaintext;
        Ok(DataKey { plaintext, ciphertext_blob, key_id, key_version_id, request_id })
    }

    /// What the instance encrypts of it is left alone: it is not as KMS 1.0 has it.
    async fn generate(&self, key_id: &str, length: usize, aad: Vec<u8>) -> Result<Made> {
        let number_of_bytes = i32::try_from(length)
            .map_err(|_| Error::invalid_input("a data key has at most 1024 bytes"))?;
        let (operation, plaintext, request_id) = match self.mode {
            TransferMode::Advance => {
                let mut request = AdvanceGenerateDataKeyRequest::empty();
                (request.key_id, request.aad) = (key_id.to_owned(), aad);
                request.number_of_bytes = number_of_bytes;
                let answer = self.ask(&request, key_id, None).await?.message;
                ("AdvanceGenerateDataKey", answer.plaintext, answer.request_id)
            }
            TransferMode::InitialVersion => {
                let mut request = GenerateDataKeyRequest::empty();
                (request.key_id, request.aad) = (key_id.to_owned(), aad);
                request.number_of_bytes = number_of_bytes;
                let answer = self.ask(&request, key_id, None).await?.message;
                ("GenerateDataKey", answer.plaintext, answer.request_id)
            }
        };
        if plaintext.len() != length {
            let what = format!("KMS made a data key of {} bytes, not {length}", plaintext.len());
            return Err(answered_wrongly(operation, &request_id, &what));
        }
        Ok(Made { plaintext, request_id: known(request_id) })
    }
}

/// In bytes. The number wins.
fn data_key_length(number_of_bytes: Option<u32>, key_spec: Option<&str>) -> Result<usize> {
    if let Some(number) = number_of_bytes {
        return usize::try_from(number)
            .map_err(|_| Error::invalid_input("NumberOfBytes is too large"));
    }
    match key_spec {
        None | Some("AES_256") => Ok(32),
        Some("AES_128") => Ok(16),
        Some(other) => {
            let message = format!("KeySpec is {other:?}, but has to be AES_256 or AES_128");
            Err(Error::invalid_input(message))
        }
    }
}

const NO_CIPHERTEXT: &str =
    "KMS answered with no ciphertext, or does not say of which version of the key";
