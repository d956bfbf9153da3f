//! The operations, by name, and what they have in common.

mod asymmetric;
mod pairs;
mod signing;
mod symmetric;
mod various;

use self::pairs::Plaintext;
use super::{message::Message, schema::Schema, wire};
use crate::fake::{
    alibaba_kms::{
        Refusal,
        key::{Key, Version},
        store::Store,
    },
    crypto,
};

/// What an operation gives.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) message: Message,
    /// The version of the key with which it was done.
    pub(super) version: Option<String>,
}

/// Does what is asked. `version` is that of a key, named in a header.
pub(super) fn run(
    store: &Store,
    name: &str,
    version: Option<&str>,
    body: &[u8],
) -> Result<Answer, Refusal> {
    let unknown = || Refusal::new(400, "InvalidApiName", "There is no such API.");
    if MISSING.contains(&name) {
        return Err(Refusal::unsupported(format!("This fake has no {name}.")));
    }
    let (_, does) = OPERATIONS.iter().find(|(other, _)| *other == name).ok_or_else(unknown)?;
    let takes = Schema::request(name).ok_or_else(unknown)?;
    let gives = Schema::response(name).ok_or_else(unknown)?;
    let request = wire::decode(takes, body)?;
    let answer = Message::new(gives).with("RequestId", crypto::uuid());
    does(&Operation { store, version, request }, answer)
}

/// One call.
#[derive(Debug)]
struct Operation<'a> {
    store: &'a Store,
    version: Option<&'a str>,
    request: Message,
}

impl Operation<'_> {
    fn required_text(&self, name: &str) -> Result<&str, Refusal> {
        let text = self.request.text(name);
        if text.is_empty() { Err(Refusal::missing(name)) } else { Ok(text) }
    }

    fn required_bytes(&self, name: &str) -> Result<&[u8], Refusal> {
        let bytes = self.request.bytes(name);
        if bytes.is_empty() { Err(Refusal::missing(name)) } else { Ok(bytes) }
    }

    /// How many bytes are wanted.
    fn length(&self, name: &str) -> Result<usize, Refusal> {
        let length = usize::try_from(self.request.number(name)).unwrap_or_default();
        if !(1..=MAX_RANDOM).contains(&length) {
            let message = format!("{name} is to be from 1 to {MAX_RANDOM}.");
            return Err(Refusal::parameter(message));
        }
        Ok(length)
    }

    fn aad(&self) -> Result<&[u8], Refusal> {
        let aad = self.request.bytes("Aad");
        if aad.len() > MAX_AAD {
            let message = format!("Aad is to have {MAX_AAD} bytes at most.");
            return Err(Refusal::parameter(message));
        }
        Ok(aad)
    }

    /// The key that `KeyId` means, if it is enabled.
    fn key(&self) -> Result<&Key, Refusal> {
        let key = self.store.key(self.required_text("KeyId")?)?;
        key.check_enabled()?;
        Ok(key)
    }

    /// The version that the header names, or else the one that the key began with. With the header
    /// `KeyId` is not needed; with both they must agree.
    fn key_version(&self) -> Result<(&Key, &Version), Refusal> {
        if let Some(id) = self.version {
            return self.named_version(id);
        }
        let key = self.key()?;
        Ok((key, key.initial()))
    }

    /// The version of this id, of the key that `KeyId` means if it is there.
    fn named_version(&self, id: &str) -> Result<(&Key, &Version), Refusal> {
        let (key, version) = self.store.version(id)?;
        let name = self.request.text("KeyId");
        if !name.is_empty() && self.store.key(name)?.id != key.id {
            return Err(Refusal::parameter("KeyId is not the key of this version."));
        }
        key.check_enabled()?;
        Ok((key, version))
    }
}

/// Does one operation, into an answer that has an id already.
type Does = fn(&Operation<'_>, Message) -> Result<Answer, Refusal>;

/// What is here, by name.
const OPERATIONS: &[(&str, Does)] = &[
    ("AdvanceDecrypt", |call, answer| call.advance_decrypt(answer)),
    ("AdvanceEncrypt", |call, answer| call.advance_encrypt(answer)),
    ("AdvanceGenerateDataKey", |call, answer| call.advance_generate_data_key(answer)),
    ("AdvanceGenerateDataKeyPair", |call, answer| {
        call.advance_generate_data_key_pair(answer, Plaintext::Shown)
    }),
    ("AdvanceGenerateDataKeyPairWithoutPlaintext", |call, answer| {
        call.advance_generate_data_key_pair(answer, Plaintext::LeftOut)
    }),
    ("Decrypt", |call, answer| call.decrypt(answer)),
    ("Encrypt", |call, answer| call.encrypt(answer)),
    ("GenerateDataKey", |call, answer| call.generate_data_key(answer)),
    ("GenerateDataKeyPair", |call, answer| call.generate_data_key_pair(answer, Plaintext::Shown)),
    ("GenerateDataKeyPairWithoutPlaintext", |call, answer| {
        call.generate_data_key_pair(answer, Plaintext::LeftOut)
    }),
    ("GenerateRandom", |call, answer| call.generate_random(answer)),
    ("GetPublicKey", |call, answer| call.public_key(answer)),
    ("GetSecretValue", |call, answer| call.secret_value(answer)),
    ("Sign", |call, answer| call.sign(answer)),
    ("Verify", |call, answer| call.verify(answer)),
];

/// APIs of the vendor that are not here.
const MISSING: &[&str] = &["Hash", "Hmac", "KmsDecrypt", "KmsEncrypt"];
const MAX_AAD: usize = 8192;
const MAX_RANDOM: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_its_messages() {
        for (name, _) in OPERATIONS {
            assert!(Schema::request(name).is_some() && Schema::response(name).is_some(), "{name}");
            assert!(!MISSING.contains(name));
        }
    }
}
