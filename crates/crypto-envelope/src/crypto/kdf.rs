//! From a data key to the keys of one message.

use hkdf::Hkdf;
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

use super::{AesGcm, Failed};
use crate::{AlgorithmSuite, SecretBytes};

pub(crate) const COMMITMENT_LENGTH: usize = 32;

/// The keys of one message. AWS Encryption SDK specification, "Key commitment".
pub(crate) struct MessageKeys {
    pub(crate) content: AesGcm,
    pub(crate) commitment: [u8; COMMITMENT_LENGTH],
}

/// Derives the keys of the message `message_id` (RFC 5869, with SHA-512).
pub(crate) fn derive_message_keys(
    suite: AlgorithmSuite,
    data_key: &SecretBytes,
    message_id: &[u8],
) -> Result<MessageKeys, Failed> {
    let (content, commitment) = derive_bytes(suite, data_key, message_id)?;
    Ok(MessageKeys { content: AesGcm::new(&content[..])?, commitment })
}

type KeyBytes = (Zeroizing<[u8; 32]>, [u8; COMMITMENT_LENGTH]);

fn derive_bytes(
    suite: AlgorithmSuite,
    data_key: &SecretBytes,
    message_id: &[u8],
) -> Result<KeyBytes, Failed> {
    let (mut prk, hkdf) = Hkdf::<Sha512>::extract(Some(message_id), data_key.expose());
    prk.as_mut_slice().zeroize();

    let mut content = Zeroizing::new([0; 32]);
    let info = [&suite.id().to_be_bytes(), DERIVE_LABEL];
    hkdf.expand_multi_info(&info, &mut content[..]).map_err(|_| Failed)?;
    let mut commitment = [0; COMMITMENT_LENGTH];
    hkdf.expand(COMMIT_LABEL, &mut commitment).map_err(|_| Failed)?;
    Ok((content, commitment))
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
                derive_bytes(suite, &data_key, &vector.bytes("message-id")).expect("derives");
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
