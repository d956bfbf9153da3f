//! Encrypting and decrypting.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Operation;
use crate::fake::{
    aws_kms::{
        blob::Blob,
        context::Context,
        error::KmsError,
        key::Key,
        spec::{EncryptionAlgorithm, KeyUsage},
    },
    crypto,
};

impl Operation<'_> {
    pub(super) fn generate_data_key(&self) -> Result<Value, KmsError> {
        let (mut answer, plaintext) = self.new_data_key()?;
        answer["Plaintext"] = json!(STANDARD.encode(plaintext));
        Ok(answer)
    }

    pub(super) fn generate_data_key_without_plaintext(&self) -> Result<Value, KmsError> {
        self.new_data_key().map(|(answer, _)| answer)
    }

    /// The answer without the plaintext, and the plaintext.
    fn new_data_key(&self) -> Result<(Value, Vec<u8>), KmsError> {
        let length = self.data_key_length()?;
        let context = self.fields.context("EncryptionContext")?;
        let key = self.generating_key(&context)?;
        self.end_dry_run()?;
        let plaintext = crypto::random_bytes(length);
        let blob = seal(&key, &plaintext, &context)?;
        let answer = json!({"KeyId": key.arn.to_string(), "CiphertextBlob": STANDARD.encode(blob)});
        Ok((answer, plaintext))
    }

    /// The key under which something new comes into being.
    pub(super) fn generating_key(&self, context: &Context) -> Result<Key, KmsError> {
        let key = self.key_for(context)?;
        if !key.spec.is_symmetric() {
            let message = "You cannot generate a data key with an asymmetric CMK";
            return Err(KmsError::wrong_usage(message));
        }
        key.check_enabled()?;
        Ok(key)
    }

    pub(super) fn encrypt(&self) -> Result<Value, KmsError> {
        let plaintext = self.fields.required_bytes("Plaintext", MAX_PLAINTEXT)?;
        let side = self.side("EncryptionAlgorithm", "EncryptionContext")?;
        let key = self.key_for(&side.context)?;
        key.check_usage(KeyUsage::EncryptDecrypt, self.name)?;
        let ciphertext = side.encrypt(&key, &plaintext)?;
        self.end_dry_run()?;
        Ok(json!({
            "KeyId": key.arn.to_string(),
            "CiphertextBlob": STANDARD.encode(ciphertext),
            "EncryptionAlgorithm": side.algorithm.name(),
        }))
    }

    pub(super) fn decrypt(&self) -> Result<Value, KmsError> {
        let ciphertext = self.fields.required_bytes("CiphertextBlob", MAX_CIPHERTEXT)?;
        let side = self.side("EncryptionAlgorithm", "EncryptionContext")?;
        let key_name = self.fields.text("KeyId")?;
        let (key, plaintext) = self.open("Decrypt", &side, key_name, &ciphertext)?;
        self.end_dry_run()?;
        Ok(json!({
            "KeyId": key.arn.to_string(),
            "Plaintext": STANDARD.encode(plaintext),
            "EncryptionAlgorithm": side.algorithm.name(),
        }))
    }

    pub(super) fn re_encrypt(&self) -> Result<Value, KmsError> {
        let ciphertext = self.fields.required_bytes("CiphertextBlob", MAX_CIPHERTEXT)?;
        let from = self.side("SourceEncryptionAlgorithm", "SourceEncryptionContext")?;
        let to = self.side("DestinationEncryptionAlgorithm", "DestinationEncryptionContext")?;
        let source_name = self.fields.text("SourceKeyId")?;
        let target = self.named_key("DestinationKeyId", "ReEncryptTo", &to.context)?;
        target.check_usage(KeyUsage::EncryptDecrypt, self.name)?;
        let (source, plaintext) = self.open("ReEncryptFrom", &from, source_name, &ciphertext)?;
        let ciphertext = to.encrypt(&target, &plaintext)?;
        self.end_dry_run()?;
        Ok(json!({
            "CiphertextBlob": STANDARD.encode(ciphertext),
            "SourceKeyId": source.arn.to_string(),
            "KeyId": target.arn.to_string(),
            "SourceEncryptionAlgorithm": from.algorithm.name(),
            "DestinationEncryptionAlgorithm": to.algorithm.name(),
        }))
    }

    /// The key of a ciphertext and what is in it.
    fn open(
        &self,
        action: &str,
        side: &Side,
        key_name: Option<&str>,
        ciphertext: &[u8],
    ) -> Result<(Key, Vec<u8>), KmsError> {
        let blob = match side.algorithm {
            EncryptionAlgorithm::SymmetricDefault => Some(Blob::parse(ciphertext)),
            _ => None,
        };
        let key = match &blob {
            Some(Ok(blob)) => self.key_of(blob, key_name)?,
            Some(Err(_)) if key_name.is_none() => return Err(KmsError::invalid_ciphertext()),
            _ => {
                let name = key_name.ok_or_else(|| {
                    KmsError::validation("KeyId is required with an asymmetric key.")
                })?;
                self.resolve(name)?
            }
        };
        self.authorise(action, &key, &side.context)?;
        key.check_usage(KeyUsage::EncryptDecrypt, self.name)?;
        side.check(&key)?;
        key.check_enabled()?;
        let plaintext = match blob {
            Some(blob) => {
                key.material.symmetric()?.open(&blob?.sealed, &side.context.associated_data())
            }
            None => key.material.decrypt(side.algorithm, ciphertext),
        };
        Ok((key, plaintext?))
    }

    /// The key that a ciphertext names, in this Region; if the caller names one, it must be the
    /// same.
    fn key_of(&self, blob: &Blob, key_name: Option<&str>) -> Result<Key, KmsError> {
        let region = &self.caller.region;
        if blob.key.region != *region && !blob.key.is_multi_region() {
            return Err(KmsError::no_key(&blob.key));
        }
        let arn = blob.key.in_region(region);
        if let Some(name) = key_name
            && self.resolve(name)?.arn != arn
        {
            return Err(KmsError::incorrect_key());
        }
        self.store.key(&arn)
    }

    fn side(&self, algorithm: &str, context: &str) -> Result<Side, KmsError> {
        let ours = EncryptionAlgorithm::ALL.map(EncryptionAlgorithm::named);
        let algorithm = self.fields.choice(algorithm, &ours, &OTHER_ALGORITHMS)?;
        Ok(Side {
            algorithm: algorithm.unwrap_or(EncryptionAlgorithm::SymmetricDefault),
            context: self.fields.context(context)?,
        })
    }

    /// How many bytes to generate: by a number or by a name, and by one of them alone.
    fn data_key_length(&self) -> Result<usize, KmsError> {
        let number = self.fields.number("NumberOfBytes", 1, 1024)?;
        let spec = self.fields.choice("KeySpec", &[("AES_256", 32), ("AES_128", 16)], &[])?;
        let ((Some(length), None) | (None, Some(length))) = (number, spec) else {
            let message = "Please specify either number of bytes or key spec.";
            return Err(KmsError::validation(message));
        };
        Ok(length as usize)
    }
}

/// How a ciphertext is made: the source and the target of `ReEncrypt` have each their own.
#[derive(Debug)]
struct Side {
    algorithm: EncryptionAlgorithm,
    context: Context,
}

impl Side {
    fn check(&self, key: &Key) -> Result<(), KmsError> {
        key.spec.check(self.algorithm)?;
        if key.spec.is_symmetric() || self.context.is_empty() {
            return Ok(());
        }
        Err(KmsError::validation("EncryptionContext is not supported with asymmetric keys."))
    }

    fn encrypt(&self, key: &Key, plaintext: &[u8]) -> Result<Vec<u8>, KmsError> {
        self.check(key)?;
        key.spec.check_size(self.algorithm, plaintext.len())?;
        key.check_enabled()?;
        if key.spec.is_symmetric() {
            seal(key, plaintext, &self.context)
        } else {
            key.material.encrypt(self.algorithm, plaintext)
        }
    }
}

pub(super) fn seal(key: &Key, plaintext: &[u8], context: &Context) -> Result<Vec<u8>, KmsError> {
    let sealed = key.material.symmetric()?.seal(plaintext, &context.associated_data())?;
    Blob { key: key.arn.clone(), sealed }.to_bytes()
}

/// That only AWS has.
const OTHER_ALGORITHMS: [&str; 1] = ["SM2PKE"];
const MAX_PLAINTEXT: usize = 4096;
pub(super) const MAX_CIPHERTEXT: usize = 6144;
