//! Encrypting and decrypting with symmetric keys.

use super::{Answer, Operation};
use crate::fake::{
    alibaba_instance::message::Message,
    alibaba_kms::{
        Refusal,
        blob::Blob,
        key::{Key, Material, Version},
    },
    crypto::{self, aes_gcm},
};

impl Operation<'_> {
    /// With the version that the key began with, or by RSA.
    pub(super) fn encrypt(&self, answer: Message) -> Result<Answer, Refusal> {
        let key = self.key()?;
        let plaintext = self.required_bytes("Plaintext")?;
        if matches!(*key.initial().material, Material::RsaEncrypt(_)) {
            return self.encrypt_by_rsa(answer, plaintext);
        }
        self.check_algorithm()?;
        let sealed = self.seal(key.initial(), plaintext)?;
        Ok(answered(answer, key, key.initial(), sealed))
    }

    pub(super) fn advance_encrypt(&self, answer: Message) -> Result<Answer, Refusal> {
        let key = self.key()?;
        let plaintext = self.required_bytes("Plaintext")?;
        self.check_algorithm()?;
        let sealed = self.seal(key.primary(), plaintext)?;
        Ok(advanced(answer, key, &sealed))
    }

    pub(super) fn generate_data_key(&self, answer: Message) -> Result<Answer, Refusal> {
        let key = self.key()?;
        let data_key = crypto::random_bytes(self.length("NumberOfBytes")?);
        self.check_algorithm()?;
        let sealed = self.seal(key.initial(), &data_key)?;
        let answer = answer.with("Plaintext", data_key);
        Ok(answered(answer, key, key.initial(), sealed))
    }

    pub(super) fn advance_generate_data_key(&self, answer: Message) -> Result<Answer, Refusal> {
        let key = self.key()?;
        let data_key = crypto::random_bytes(self.length("NumberOfBytes")?);
        let sealed = self.seal(key.primary(), &data_key)?;
        Ok(advanced(answer.with("Plaintext", data_key), key, &sealed))
    }

    /// With the version that a header names, or else the one that the key began with, or by RSA.
    pub(super) fn decrypt(&self, answer: Message) -> Result<Answer, Refusal> {
        let (key, version) = self.key_version()?;
        let ciphertext = self.required_bytes("CiphertextBlob")?;
        if let Material::RsaEncrypt(rsa) = &*version.material {
            return self.decrypt_by_rsa(answer, key, version, rsa, ciphertext);
        }
        self.check_algorithm()?;
        let plaintext = self.open(version, ciphertext)?;
        Ok(opened(answer, key, version, plaintext))
    }

    /// What the Advance calls gave, and what the others gave.
    pub(super) fn advance_decrypt(&self, answer: Message) -> Result<Answer, Refusal> {
        let ciphertext = self.required_bytes("CiphertextBlob")?;
        self.check_algorithm()?;
        let (key, version, plaintext) = if let Some(blob) = Blob::parse_advance(ciphertext) {
            self.open_blob(blob)?
        } else {
            let names_key = self.version.is_some() || !self.request.text("KeyId").is_empty();
            if !names_key || self.request.bytes("Iv").is_empty() {
                return Err(Refusal::invalid_ciphertext());
            }
            let (key, version) = self.key_version()?;
            (key, version, self.open(version, ciphertext)?)
        };
        let answer = answer.with("KeyVersionId", version.id.as_str());
        Ok(opened(answer, key, version, plaintext))
    }

    /// An IV is not needed, but it must not be another one.
    fn open_blob(&self, blob: Blob<'_>) -> Result<(&Key, &Version, Vec<u8>), Refusal> {
        let iv = self.request.bytes("Iv");
        if !iv.is_empty() && blob.sealed.get(..aes_gcm::IV_LENGTH) != Some(iv) {
            return Err(Refusal::invalid_ciphertext());
        }
        // A version that nobody has is damage, too.
        self.store.version(blob.version).map_err(|_| Refusal::invalid_ciphertext())?;
        let (key, version) = self.named_version(blob.version)?;
        let opened = aes_gcm::open(version.symmetric()?, blob.sealed, self.aad()?);
        Ok((key, version, opened.map_err(|_| Refusal::invalid_ciphertext())?))
    }

    /// IV, ciphertext and tag.
    pub(super) fn seal(&self, version: &Version, plaintext: &[u8]) -> Result<Vec<u8>, Refusal> {
        let (key, aad) = (version.symmetric()?, self.aad()?);
        let sealed = match self.request.bytes("Iv") {
            [] => aes_gcm::seal(key, plaintext, aad)?,
            iv => aes_gcm::seal_with(key, whole(iv)?, plaintext, aad)?,
        };
        Ok(sealed)
    }

    /// What has its IV apart.
    fn open(&self, version: &Version, ciphertext: &[u8]) -> Result<Vec<u8>, Refusal> {
        let iv = whole(self.required_bytes("Iv")?)?;
        let sealed = [&iv, ciphertext].concat();
        aes_gcm::open(version.symmetric()?, &sealed, self.aad()?)
            .map_err(|_| Refusal::invalid_ciphertext())
    }

    pub(super) fn check_algorithm(&self) -> Result<(), Refusal> {
        match self.request.text("Algorithm") {
            "" | ALGORITHM => {}
            name @ ("AES_CBC" | "AES_ECB") => {
                return Err(Refusal::unsupported(format!("This fake has no {name}.")));
            }
            _ => return Err(Refusal::parameter("The key has no such Algorithm.")),
        }
        match self.request.text("PaddingMode") {
            "" | "NO_PADDING" => Ok(()),
            _ => Err(Refusal::parameter("AES_GCM has no such PaddingMode.")),
        }
    }
}

fn whole(iv: &[u8]) -> Result<[u8; aes_gcm::IV_LENGTH], Refusal> {
    iv.try_into().map_err(|_| Refusal::parameter("The Iv of AES_GCM has 12 bytes."))
}

/// The IV apart.
fn answered(answer: Message, key: &Key, version: &Version, mut sealed: Vec<u8>) -> Answer {
    let ciphertext = sealed.split_off(aes_gcm::IV_LENGTH);
    let message = answer
        .with("KeyId", key.id.as_str())
        .with("Iv", sealed)
        .with("CiphertextBlob", ciphertext)
        .with("Algorithm", ALGORITHM);
    Answer { message, version: Some(version.id.clone()) }
}

/// The IV apart, and all of it in the ciphertext.
fn advanced(answer: Message, key: &Key, sealed: &[u8]) -> Answer {
    let version = &key.primary().id;
    let message = answer
        .with("KeyId", key.id.as_str())
        .with("Iv", &sealed[..aes_gcm::IV_LENGTH])
        .with("CiphertextBlob", advanced_blob(key, sealed))
        .with("Algorithm", ALGORITHM)
        .with("KeyVersionId", version.as_str());
    Answer { message, version: Some(version.clone()) }
}

/// What names the version itself.
pub(super) fn advanced_blob(key: &Key, sealed: &[u8]) -> Vec<u8> {
    Blob { version: &key.primary().id, sealed }.encode_advance()
}

fn opened(answer: Message, key: &Key, version: &Version, plaintext: Vec<u8>) -> Answer {
    let message = answer
        .with("KeyId", key.id.as_str())
        .with("Plaintext", plaintext)
        .with("Algorithm", ALGORITHM);
    Answer { message, version: Some(version.id.clone()) }
}

pub(super) const ALGORITHM: &str = "AES_GCM";
