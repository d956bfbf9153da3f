//! Who is served by which entry.

use crate::{
    AlgorithmSuite, CommitmentPolicy, EncryptionContext, Header, Result,
    crypto::{Hash, Hasher},
    provider::ProviderIdentity,
};

/// Names an entry. What differs in any way that matters has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct EntryId {
    provider: ProviderIdentity,
    digest: [u8; DIGEST_LENGTH],
}

/// What tells materials for sealing apart.
pub(super) struct SealingId<'a> {
    pub(super) provider: ProviderIdentity,
    pub(super) partition: &'a [u8],
    pub(super) suite: AlgorithmSuite,
    pub(super) commitment_policy: CommitmentPolicy,
    pub(super) required_keys: &'a [String],
    /// Of the caller, before a public key is added to it.
    pub(super) context: &'a EncryptionContext,
}

impl SealingId<'_> {
    pub(super) fn digest(&self) -> Result<EntryId> {
        let mut fields = Fields::of("seal");
        fields.put(self.partition);
        fields.put(&self.suite.id().to_be_bytes());
        fields.put(self.commitment_policy.to_string().as_bytes());
        fields.put_all(self.required_keys);
        fields.put(self.context.serialize()?);
        Ok(fields.finish(self.provider))
    }
}

/// What tells data keys of messages apart.
pub(super) struct OpeningId<'a> {
    pub(super) provider: ProviderIdentity,
    pub(super) partition: &'a [u8],
    pub(super) commitment_policy: CommitmentPolicy,
    /// How many fail before the others are not tried any more.
    pub(super) most_failures: u16,
    pub(super) required_keys: &'a [String],
    /// Gives the suite, the encrypted data keys and the pairs that are stored.
    pub(super) header: &'a Header,
    pub(super) unstored_context: &'a EncryptionContext,
}

impl OpeningId<'_> {
    pub(super) fn digest(&self) -> Result<EntryId> {
        let mut fields = Fields::of("open");
        fields.put(self.partition);
        fields.put(&self.header.suite().id().to_be_bytes());
        fields.put(self.commitment_policy.to_string().as_bytes());
        fields.put(&self.most_failures.to_be_bytes());
        fields.put_all(self.required_keys);
        let keys = self.header.encrypted_data_keys();
        fields.put_number(keys.len());
        for key in keys {
            fields.put(key.provider_id().as_bytes());
            fields.put(key.provider_info());
            fields.put(key.ciphertext());
        }
        fields.put(self.header.stored_context().serialize()?);
        fields.put(self.unstored_context.serialize()?);
        Ok(fields.finish(self.provider))
    }
}

/// Hashes fields behind their lengths, so that different fields are never the same bytes.
struct Fields(Hasher);

impl Fields {
    fn of(operation: &str) -> Self {
        let mut fields = Self(Hasher::new(Hash::Sha384));
        fields.put(operation.as_bytes());
        fields
    }

    fn put_number(&mut self, number: usize) {
        self.0.update(&(number as u64).to_be_bytes());
    }

    fn put(&mut self, field: &[u8]) {
        self.put_number(field.len());
        self.0.update(field);
    }

    fn put_all(&mut self, texts: &[String]) {
        self.put_number(texts.len());
        for text in texts {
            self.put(text.as_bytes());
        }
    }

    fn finish(self, provider: ProviderIdentity) -> EntryId {
        let mut digest = [0; DIGEST_LENGTH];
        digest.copy_from_slice(&self.0.finish());
        EntryId { provider, digest }
    }
}

/// An id for tests, one for each provider.
#[cfg(test)]
pub(super) fn tests_id(provider: &dyn crate::provider::KeyProvider) -> EntryId {
    Fields::of("test").finish(provider.identity())
}

/// Of SHA-384.
const DIGEST_LENGTH: usize = 48;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{
        EncryptedDataKey, SecretBytes,
        message::{BodyFormat, HeaderAuthentication, HeaderFields, MessageId},
        provider::{KeyProvider, RawAesProvider},
    };

    fn provider() -> Result<RawAesProvider> {
        RawAesProvider::new("ns", "name", &SecretBytes::random(32)?)
    }

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().copied().map(String::from).collect()
    }

    #[test]
    fn every_field_makes_another_id_for_sealing() -> Result<()> {
        let (one, other) = (provider()?, provider()?);
        let contexts = [
            EncryptionContext::new(),
            EncryptionContext::from([("a", "b")]),
            EncryptionContext::from([("a", "c")]),
            EncryptionContext::from([("ab", "")]),
            EncryptionContext::from([("a", "b"), ("c", "")]),
        ];
        let keys = [strings(&[]), strings(&[""]), strings(&["a", "b"]), strings(&["ab"])];
        let mut ids = HashSet::new();
        let mut count = 0;
        for provider in [one.identity(), other.identity()] {
            for partition in [&b""[..], b"a", b"ab"] {
                for &suite in AlgorithmSuite::ALL {
                    for &commitment_policy in CommitmentPolicy::ALL {
                        for required_keys in &keys {
                            for context in &contexts {
                                count += 1;
                                let id = SealingId {
                                    provider,
                                    partition,
                                    suite,
                                    commitment_policy,
                                    required_keys,
                                    context,
                                };
                                ids.insert(id.digest()?);
                            }
                        }
                    }
                }
            }
        }
        assert_eq!((ids.len(), count), (2 * 3 * 11 * 3 * 4 * 5, 2 * 3 * 11 * 3 * 4 * 5));
        Ok(())
    }

    fn header(
        suite: AlgorithmSuite,
        context: &EncryptionContext,
        encrypted_data_keys: &[EncryptedDataKey],
    ) -> Header {
        let fields = HeaderFields {
            suite,
            message_id: MessageId::random(suite).expect("randomness"),
            context: context.clone(),
            encrypted_data_keys: encrypted_data_keys.to_vec(),
            body_format: BodyFormat::NonFramed,
            commitment: None,
        };
        let authentication = HeaderAuthentication { iv: [0; 12], tag: [0; 16] };
        Header::assemble(fields, Vec::new(), authentication)
    }

    #[test]
    fn every_field_makes_another_id_for_opening() -> Result<()> {
        let (one, other) = (provider()?, provider()?);
        let key = |id: &str, info: &str, text: &str| EncryptedDataKey::new(id, info, text);
        let (a, b) = (key("a", "b", "c")?, key("a", "b", "d")?);
        let keys = [
            vec![a.clone()],
            vec![b.clone()],
            vec![a.clone(), b.clone()],
            vec![b.clone(), a.clone()],
            vec![a.clone(), a.clone()],
            vec![key("ab", "", "c")?],
            vec![key("a", "bc", "")?],
            vec![key("", "ab", "c")?],
        ];
        let empty = EncryptionContext::new();
        let (x, y) = (EncryptionContext::from([("x", "1")]), EncryptionContext::from([("y", "1")]));
        let both = x.merged(&y);
        let suites = [AlgorithmSuite::Aes256GcmHkdfSha512CommitKey, AlgorithmSuite::ALL[3]];
        let mut ids = HashSet::new();
        let mut count = 0;
        for provider in [one.identity(), other.identity()] {
            for partition in [&b"1"[..], b"2"] {
                for (&commitment_policy, most_failures) in
                    CommitmentPolicy::ALL.iter().flat_map(|policy| [(policy, 1), (policy, 256)])
                {
                    for required_keys in [strings(&[]), strings(&["x"]), strings(&["x", "y"])] {
                        for keys in &keys {
                            // The same pairs, stored or not.
                            for (stored, unstored) in
                                [(&both, &empty), (&x, &y), (&y, &x), (&empty, &both), (&empty, &x)]
                            {
                                for suite in suites {
                                    count += 1;
                                    let id = OpeningId {
                                        provider,
                                        partition,
                                        commitment_policy,
                                        most_failures,
                                        required_keys: &required_keys,
                                        header: &header(suite, stored, keys),
                                        unstored_context: unstored,
                                    };
                                    ids.insert(id.digest()?);
                                }
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(ids.len(), count);
        Ok(())
    }

    #[test]
    fn messages_alone_make_no_difference() -> Result<()> {
        let provider = provider()?;
        let context = EncryptionContext::from([("x", "1")]);
        let keys = [EncryptedDataKey::new("a", "b", "c")?];
        let id = || {
            OpeningId {
                provider: provider.identity(),
                partition: b"1",
                commitment_policy: CommitmentPolicy::default(),
                most_failures: 100,
                required_keys: &[],
                header: &header(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey, &context, &keys),
                unstored_context: &EncryptionContext::new(),
            }
            .digest()
        };
        assert_eq!(id()?, id()?);
        Ok(())
    }

    #[test]
    fn sealing_and_opening_never_meet() {
        let identity = provider().expect("a provider").identity();
        assert_ne!(Fields::of("seal").finish(identity), Fields::of("open").finish(identity));
    }
}
