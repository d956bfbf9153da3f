//! Signing, and looking at signatures.

use super::{Answer, Operation};
use crate::fake::{
    alibaba_instance::message::Message,
    alibaba_kms::{
        Refusal,
        key::{Key, Version},
    },
    crypto::{self, RsaPadding},
};

impl Operation<'_> {
    pub(super) fn sign(&self, answer: Message) -> Result<Answer, Refusal> {
        let (key, version) = self.key_version()?;
        let signature = version.signing()?.sign(self.padding()?, &self.hash()?)?;
        Ok(self.signed(answer.with("Signature", signature), key, version))
    }

    pub(super) fn verify(&self, answer: Message) -> Result<Answer, Refusal> {
        let (key, version) = self.key_version()?;
        let (padding, hash) = (self.padding()?, self.hash()?);
        let public_key = version.signing()?.public_key()?;
        let signature = self.required_bytes("Signature")?;
        let is_right = crypto::verify(padding, &public_key, &hash, signature).is_ok();
        Ok(self.signed(answer.with("Value", is_right), key, version))
    }

    fn padding(&self) -> Result<RsaPadding, Refusal> {
        match self.required_text("Algorithm")? {
            "RSA_PKCS1_SHA_256" => Ok(RsaPadding::Pkcs1),
            "RSA_PSS_SHA_256" => Ok(RsaPadding::Pss),
            _ => Err(Refusal::parameter("The key has no such Algorithm.")),
        }
    }

    /// The hash that is signed. The field `Digest` is from before there was a `MessageType`.
    fn hash(&self) -> Result<[u8; 32], Refusal> {
        if !self.request.bytes("Digest").is_empty() {
            return Err(Refusal::unsupported("This fake has no Digest."));
        }
        let message = self.required_bytes("Message")?;
        match self.message_type() {
            RAW => Ok(crypto::sha256(message)),
            DIGEST => {
                let wrong = |_| Refusal::parameter("A digest of SHA-256 has 32 bytes.");
                message.try_into().map_err(wrong)
            }
            _ => Err(Refusal::parameter("MessageType is to be RAW or DIGEST.")),
        }
    }

    fn message_type(&self) -> &str {
        match self.request.text("MessageType") {
            "" => RAW,
            given => given,
        }
    }

    fn signed(&self, answer: Message, key: &Key, version: &Version) -> Answer {
        let message = answer
            .with("KeyId", key.id.as_str())
            .with("Algorithm", self.request.text("Algorithm"))
            .with("MessageType", self.message_type());
        Answer { message, version: Some(version.id.clone()) }
    }
}

const RAW: &str = "RAW";
const DIGEST: &str = "DIGEST";
