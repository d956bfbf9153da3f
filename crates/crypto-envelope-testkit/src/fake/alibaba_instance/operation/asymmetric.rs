//! Encrypting and decrypting with RSA keys, and their public halves.

use super::{Answer, Operation};
use crate::fake::{
    alibaba_instance::message::Message,
    alibaba_kms::{
        Refusal,
        key::{Key, Material, Version},
    },
    crypto::{Oaep, RsaKey},
    pem,
};

impl Operation<'_> {
    pub(super) fn encrypt_by_rsa(
        &self,
        answer: Message,
        plaintext: &[u8],
    ) -> Result<Answer, Refusal> {
        let (key, version) = self.key_version()?;
        let Material::RsaEncrypt(rsa) = &*version.material else {
            return Err(Refusal::no_key());
        };
        self.check_rsa()?;
        let ciphertext = rsa
            .encrypt(Oaep::Sha256, plaintext)
            .map_err(|_| Refusal::parameter("Plaintext is too long for the key."))?;
        Ok(done(answer.with("CiphertextBlob", ciphertext), key, version))
    }

    pub(super) fn decrypt_by_rsa(
        &self,
        answer: Message,
        key: &Key,
        version: &Version,
        rsa: &RsaKey,
        ciphertext: &[u8],
    ) -> Result<Answer, Refusal> {
        self.check_rsa()?;
        let plaintext =
            rsa.decrypt(Oaep::Sha256, ciphertext).map_err(|_| Refusal::invalid_ciphertext())?;
        Ok(done(answer.with("Plaintext", plaintext), key, version))
    }

    pub(super) fn public_key(&self, answer: Message) -> Result<Answer, Refusal> {
        let (key, version) = self.key_version()?;
        let message = answer
            .with("KeyId", key.id.as_str())
            .with("PublicKey", pem::encode("PUBLIC KEY", &version.public_key()?));
        Ok(Answer { message, version: Some(version.id.clone()) })
    }

    /// Nothing binds it to more than the key, and what asks for that is not passed over.
    fn check_rsa(&self) -> Result<(), Refusal> {
        if self.request.text("Algorithm") != ALGORITHM {
            return Err(Refusal::parameter("The key has no such Algorithm."));
        }
        let has_more = !self.request.bytes("Aad").is_empty()
            || !self.request.bytes("Iv").is_empty()
            || !self.request.text("PaddingMode").is_empty();
        if has_more {
            let message = "RSAES_OAEP_SHA_256 has no Aad, no Iv and no PaddingMode.";
            return Err(Refusal::parameter(message));
        }
        Ok(())
    }
}

fn done(answer: Message, key: &Key, version: &Version) -> Answer {
    let message = answer.with("KeyId", key.id.as_str()).with("Algorithm", ALGORITHM);
    Answer { message, version: Some(version.id.clone()) }
}

const ALGORITHM: &str = "RSAES_OAEP_SHA_256";
