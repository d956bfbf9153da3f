//! What RSA keys do.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Operation;
use crate::fake::{
    alibaba_kms::{
        Refusal,
        key::{Key, Version},
    },
    crypto::{self, Oaep, RsaPadding},
    pem,
};

impl Operation<'_> {
    pub(super) fn asymmetric_encrypt(self) -> Result<Value, Refusal> {
        let (key, version) = self.named_version("KeyId", "KeyVersionId")?;
        let oaep = self.oaep("Algorithm")?;
        let too_long = |_| Refusal::parameter("Plaintext is too long for the key.");
        let plaintext = self.parameters.bytes("Plaintext")?;
        let ciphertext = version.decrypting()?.encrypt(oaep, &plaintext).map_err(too_long)?;
        self.end_dry_run()?;
        Ok(answer(key, version, "CiphertextBlob", STANDARD.encode(ciphertext)))
    }

    pub(super) fn asymmetric_decrypt(self) -> Result<Value, Refusal> {
        let (key, version) = self.named_version("KeyId", "KeyVersionId")?;
        let plaintext = self.decrypt_with(version, "Algorithm")?;
        self.end_dry_run()?;
        Ok(answer(key, version, "Plaintext", STANDARD.encode(plaintext)))
    }

    pub(super) fn asymmetric_sign(self) -> Result<Value, Refusal> {
        let (key, version) = self.named_version("KeyId", "KeyVersionId")?;
        let signature = version.signing()?.sign(self.padding()?, &self.digest()?)?;
        self.end_dry_run()?;
        Ok(answer(key, version, "Value", STANDARD.encode(signature)))
    }

    pub(super) fn asymmetric_verify(self) -> Result<Value, Refusal> {
        let (key, version) = self.named_version("KeyId", "KeyVersionId")?;
        let (padding, digest) = (self.padding()?, self.digest()?);
        let public_key = version.signing()?.public_key()?;
        let signature = self.parameters.bytes("Value")?;
        let is_right = crypto::verify(padding, &public_key, &digest, &signature).is_ok();
        self.end_dry_run()?;
        Ok(answer(key, version, "Value", is_right))
    }

    pub(super) fn public_key(self) -> Result<Value, Refusal> {
        let (key, version) = if self.parameters.text("KeyVersionId").is_some() {
            self.named_version("KeyId", "KeyVersionId")?
        } else {
            let key = self.usable_key()?;
            (key, key.initial())
        };
        let public_key = pem::encode("PUBLIC KEY", &version.public_key()?);
        self.end_dry_run()?;
        Ok(answer(key, version, "PublicKey", public_key))
    }

    /// What is to be encrypted again.
    pub(super) fn open_by_rsa(&self) -> Result<Vec<u8>, Refusal> {
        let (_, version) = self.named_version("SourceKeyId", "SourceKeyVersionId")?;
        self.decrypt_with(version, "SourceEncryptionAlgorithm")
    }

    fn decrypt_with(&self, version: &Version, algorithm: &str) -> Result<Vec<u8>, Refusal> {
        let (oaep, ciphertext) = (self.oaep(algorithm)?, self.parameters.bytes("CiphertextBlob")?);
        let opened = version.decrypting()?.decrypt(oaep, &ciphertext);
        opened.map_err(|_| Refusal::invalid_ciphertext())
    }

    fn named_version(&self, key: &str, version: &str) -> Result<(&Key, &Version), Refusal> {
        let key = self.store.key(self.parameters.required(key)?)?;
        key.check_enabled()?;
        let version = key.version(self.parameters.required(version)?);
        Ok((key, version.ok_or_else(Refusal::no_key_version)?))
    }

    fn oaep(&self, name: &str) -> Result<Oaep, Refusal> {
        match self.parameters.required(name)? {
            "RSAES_OAEP_SHA_1" => Ok(Oaep::Sha1),
            "RSAES_OAEP_SHA_256" => Ok(Oaep::Sha256),
            _ => Err(Refusal::unsupported(format!("The key has no such {name}."))),
        }
    }

    fn padding(&self) -> Result<RsaPadding, Refusal> {
        match self.parameters.required("Algorithm")? {
            "RSA_PKCS1_SHA_256" => Ok(RsaPadding::Pkcs1),
            "RSA_PSS_SHA_256" => Ok(RsaPadding::Pss),
            _ => Err(Refusal::unsupported("The key has no such Algorithm.")),
        }
    }

    fn digest(&self) -> Result<[u8; 32], Refusal> {
        let wrong = |_| Refusal::parameter("A digest of SHA-256 has 32 bytes.");
        self.parameters.bytes("Digest")?.try_into().map_err(wrong)
    }
}

fn answer(key: &Key, version: &Version, name: &str, value: impl Into<Value>) -> Value {
    json!({name: value.into(), "KeyId": key.id, "KeyVersionId": version.id})
}
