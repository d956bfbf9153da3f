//! Encrypting and decrypting with symmetric keys.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Operation;
use crate::fake::{
    alibaba_kms::{
        Refusal,
        blob::Blob,
        key::{Key, Version},
    },
    crypto::{self, aes_gcm},
};

impl Operation<'_> {
    /// What is encrypted is the text of the plaintext, whatever it is.
    pub(super) fn encrypt(self) -> Result<Value, Refusal> {
        let plaintext = self.parameters.required("Plaintext")?.as_bytes();
        if plaintext.len() > MAX_PLAINTEXT {
            let message = format!("Plaintext is to have {MAX_PLAINTEXT} bytes at most.");
            return Err(Refusal::parameter(message));
        }
        let answer = self.seal(self.usable_key()?, plaintext, "EncryptionContext")?;
        self.end_dry_run()?;
        Ok(answer)
    }

    pub(super) fn decrypt(self) -> Result<Value, Refusal> {
        let (key, version, plaintext) = self.open("EncryptionContext")?;
        let no_text = |_| Refusal::unsupported("What was encrypted is no text.");
        let plaintext = String::from_utf8(plaintext).map_err(no_text)?;
        self.end_dry_run()?;
        Ok(json!({"Plaintext": plaintext, "KeyId": key.id, "KeyVersionId": version.id}))
    }

    /// What is encrypted is the data key in base64.
    pub(super) fn generate_data_key(self) -> Result<Value, Refusal> {
        let key = self.usable_key()?;
        let plaintext = STANDARD.encode(crypto::random_bytes(self.data_key_length()?));
        let mut answer = self.seal(key, plaintext.as_bytes(), "EncryptionContext")?;
        self.end_dry_run()?;
        answer["Plaintext"] = json!(plaintext);
        Ok(answer)
    }

    pub(super) fn generate_data_key_without_plaintext(self) -> Result<Value, Refusal> {
        let mut answer = self.generate_data_key()?;
        if let Some(members) = answer.as_object_mut() {
            members.remove("Plaintext");
        }
        Ok(answer)
    }

    pub(super) fn re_encrypt(self) -> Result<Value, Refusal> {
        let plaintext = match self.parameters.text("SourceKeyId") {
            Some(_) => self.open_by_rsa()?,
            None => self.open("SourceEncryptionContext")?.2,
        };
        let destination = self.store.key(self.parameters.required("DestinationKeyId")?)?;
        destination.check_enabled()?;
        let answer = self.seal(destination, &plaintext, "DestinationEncryptionContext")?;
        self.end_dry_run()?;
        Ok(answer)
    }

    /// `NumberOfBytes`, or else that of the `KeySpec`.
    fn data_key_length(&self) -> Result<usize, Refusal> {
        let of_spec = match self.parameters.text("KeySpec") {
            None | Some("AES_256") => 32,
            Some("AES_128") => 16,
            Some(_) => return Err(Refusal::parameter("KeySpec is to be AES_256 or AES_128.")),
        };
        Ok(self.parameters.number("NumberOfBytes", 1..=MAX_DATA_KEY)?.unwrap_or(of_spec))
    }

    fn seal(&self, key: &Key, plaintext: &[u8], context: &str) -> Result<Value, Refusal> {
        let version = key.primary();
        let aad = self.parameters.context(context)?;
        let sealed = aes_gcm::seal(version.symmetric()?, plaintext, &aad)?;
        let blob = Blob { version: &version.id, sealed: &sealed }.encode();
        Ok(json!({
            "CiphertextBlob": STANDARD.encode(blob),
            "KeyId": key.id,
            "KeyVersionId": version.id,
        }))
    }

    fn open(&self, context: &str) -> Result<(&Key, &Version, Vec<u8>), Refusal> {
        let invalid = Refusal::invalid_ciphertext;
        let blob = STANDARD.decode(self.parameters.required("CiphertextBlob")?);
        let blob = blob.map_err(|_| invalid())?;
        let blob = Blob::parse(&blob).ok_or_else(invalid)?;
        let aad = self.parameters.context(context)?;
        // A version that nobody has is damage.
        let (key, version) = self.store.version(blob.version).map_err(|_| invalid())?;
        key.check_enabled()?;
        let opened = aes_gcm::open(version.symmetric()?, blob.sealed, &aad);
        Ok((key, version, opened.map_err(|_| invalid())?))
    }
}

/// In bytes.
const MAX_PLAINTEXT: usize = 6 << 10;
const MAX_DATA_KEY: usize = 1024;
