//! Key pairs whose private keys are encrypted with symmetric keys.

use aws_lc_rs::{agreement::ECDH_P256, rsa::KeySize};

use super::{
    Answer, Operation,
    symmetric::{ALGORITHM, advanced_blob},
};
use crate::fake::{
    alibaba_instance::message::Message,
    alibaba_kms::{
        Refusal,
        key::{Key, Version},
    },
    crypto::{Pair, aes_gcm},
    pem,
};

/// Whether the private key is in the answer as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plaintext {
    Shown,
    LeftOut,
}

impl Operation<'_> {
    /// With the version that the key began with.
    pub(super) fn generate_data_key_pair(
        &self,
        answer: Message,
        plaintext: Plaintext,
    ) -> Result<Answer, Refusal> {
        let key = self.key()?;
        self.check_algorithm()?;
        let pair = self.pair()?;
        let mut iv = self.seal(key.initial(), &pair.private_key)?;
        let blob = iv.split_off(aes_gcm::IV_LENGTH);
        let answer = answer.with("Iv", iv).with("PrivateKeyCiphertextBlob", blob);
        Ok(self.paired(answer, (key, key.initial()), pair, plaintext))
    }

    /// With the primary version.
    pub(super) fn advance_generate_data_key_pair(
        &self,
        answer: Message,
        plaintext: Plaintext,
    ) -> Result<Answer, Refusal> {
        let key = self.key()?;
        let pair = self.pair()?;
        let sealed = self.seal(key.primary(), &pair.private_key)?;
        let answer = answer
            .with("Iv", &sealed[..aes_gcm::IV_LENGTH])
            .with("PrivateKeyCiphertextBlob", advanced_blob(key, &sealed))
            .with("KeyVersionId", key.primary().id.as_str());
        Ok(self.paired(answer, (key, key.primary()), pair, plaintext))
    }

    /// A new one, as it is wanted.
    fn pair(&self) -> Result<Pair, Refusal> {
        let pair = match self.required_text("KeyPairSpec")? {
            "RSA_2048" => Pair::of_rsa(KeySize::Rsa2048)?,
            "RSA_3072" => Pair::of_rsa(KeySize::Rsa3072)?,
            "EC_P256" => Pair::on_curve(&ECDH_P256)?,
            _ => return Err(Refusal::parameter("This fake has no such KeyPairSpec.")),
        };
        match self.required_text("KeyFormat")? {
            "DER" => Ok(pair),
            "PEM" => Ok(Pair {
                private_key: pem::encode("PRIVATE KEY", &pair.private_key).into_bytes(),
                public_key: pem::encode("PUBLIC KEY", &pair.public_key).into_bytes(),
            }),
            _ => Err(Refusal::parameter("KeyFormat is to be DER or PEM.")),
        }
    }

    fn paired(
        &self,
        answer: Message,
        (key, version): (&Key, &Version),
        pair: Pair,
        plaintext: Plaintext,
    ) -> Answer {
        let message = answer
            .with("KeyId", key.id.as_str())
            .with("KeyPairSpec", self.request.text("KeyPairSpec"))
            .with("PublicKey", pair.public_key)
            .with("Algorithm", ALGORITHM);
        let message = match plaintext {
            Plaintext::Shown => message.with("PrivateKeyPlaintext", pair.private_key),
            Plaintext::LeftOut => message,
        };
        Answer { message, version: Some(version.id.clone()) }
    }
}
