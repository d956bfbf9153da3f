//! From a data key to the keys of one message.

use zeroize::Zeroizing;

use crate::{
    AlgorithmSuite, Error, Header, Result, SecretBytes,
    crypto::{self, AesGcm, Failed, Hash, Hkdf},
    message::COMMITMENT_LENGTH,
    suite::Derivation,
};

/// The keys of one message (AWS Encryption SDK specification, "Key commitment" and "Algorithm
/// Suites").
pub(crate) struct MessageKeys {
    pub(crate) content: AesGcm,
    /// Of committing suites.
    pub(crate) commitment: Option<[u8; COMMITMENT_LENGTH]>,
    /// What version 4.0.0 of the official SDK for .NET would have encrypted with, if that is to be tried.
    pub(super) of_net_4_0_0: Option<AesGcm>,
}

impl MessageKeys {
    /// Derives the keys of the message `message_id`.
    pub(crate) fn derive(
        suite: AlgorithmSuite,
        data_key: &SecretBytes,
        message_id: &[u8],
    ) -> Result<Self> {
        derive(suite, data_key, message_id)
            .and_then(|(content, commitment)| {
                Ok(Self { content: AesGcm::new(&content)?, commitment, of_net_4_0_0: None })
            })
            .map_err(|Failed| Error::Internal { what: "deriving the message keys failed" })
    }

    /// The same, with those of a release that left out the message id where suites derive a key without committing to it.
    pub(crate) fn with_those_of_net_4_0_0(
        mut self,
        suite: AlgorithmSuite,
        data_key: &SecretBytes,
        message_id: &[u8],
    ) -> Result<Self> {
        let message_id = match suite.derivation() {
            Derivation::Hkdf(_) => &[],
            Derivation::None | Derivation::Committing => message_id,
        };
        self.of_net_4_0_0 = Some(Self::derive(suite, data_key, message_id)?.content);
        Ok(self)
    }

    /// Whether the message commits to these keys, or its suite does not commit at all. Takes the
    /// same time wherever the commitments differ.
    pub(crate) fn fit(&self, header: &Header) -> bool {
        match (&self.commitment, header.commitment()) {
            (Some(ours), Some(stored)) => crypto::equal(ours, stored),
            (None, None) => true,
            _ => false,
        }
    }
}

type KeyBytes = (Zeroizing<Vec<u8>>, Option<[u8; COMMITMENT_LENGTH]>);

fn derive(
    suite: AlgorithmSuite,
    data_key: &SecretBytes,
    message_id: &[u8],
) -> Result<KeyBytes, Failed> {
    let mut content = Zeroizing::new(vec![0; suite.data_key_length()]);
    let id = suite.id().to_be_bytes();
    match suite.derivation() {
        Derivation::None => {
            if data_key.len() != content.len() {
                return Err(Failed);
            }
            content.copy_from_slice(data_key.expose());
            Ok((content, None))
        }
        Derivation::Hkdf(hash) => {
            let hkdf = Hkdf::extract(hash, &[], data_key.expose());
            hkdf.expand(&[&id, message_id], &mut content)?;
            Ok((content, None))
        }
        Derivation::Committing => {
            let hkdf = Hkdf::extract(Hash::Sha512, message_id, data_key.expose());
            hkdf.expand(&[&id, DERIVE_LABEL], &mut content)?;
            let mut commitment = [0; COMMITMENT_LENGTH];
            hkdf.expand(&[COMMIT_LABEL], &mut commitment)?;
            Ok((content, Some(commitment)))
        }
    }
}

const DERIVE_LABEL: &[u8] = b"DERIVEKEY";
const COMMIT_LABEL: &[u8] = b"COMMITKEY";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{crypto::TAG_LENGTH, test_vectors::commitment_vectors};

    /// Every official vector states its data key and commitment, some the derived key as well.
    #[test]
    fn official_commitment_vectors() {
        let (mut opening, mut content_keys) = (0, 0);
        for vector in commitment_vectors() {
            let suite = AlgorithmSuite::from_id(vector.suite_id()).expect("a version 2 suite");
            let data_key = SecretBytes::from(vector.bytes("decrypted-dek"));
            let (content, commitment) =
                derive(suite, &data_key, &vector.bytes("message-id")).expect("derives");
            let commitment = commitment.expect("the suite commits");
            let header = vector.bytes("header");
            let stored = header.len() - TAG_LENGTH - COMMITMENT_LENGTH..header.len() - TAG_LENGTH;
            assert_eq!(commitment == header[stored], vector.must_open(), "{}", vector.comment());
            if !vector.must_open() {
                continue;
            }
            opening += 1;
            assert_eq!(commitment.to_vec(), vector.bytes("commitment"), "{}", vector.comment());
            if let Some(expected) = vector.optional_bytes("content-encryption-key") {
                assert_eq!(content.as_slice(), expected, "{}", vector.comment());
                content_keys += 1;
            }
        }
        assert_eq!((opening, content_keys), (41, 16));
    }
}
