//! What a key ring says, as it is written: `docs/formats/sse-c-key-ring.md`.

mod json;
mod parse;

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptedDataKey, EncryptionContext, Error, Result, SecretBytes};

use self::json::Json;
use super::{Epoch, derive, time::Second};

/// A key ring that is well-formed. Whether it is genuine is another matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) id: String,
    pub(crate) context: EncryptionContext,
    pub(crate) buckets: BTreeSet<String>,
    /// At least one.
    epochs: BTreeMap<Epoch, WrappedRoot>,
    pub(crate) retired: BTreeMap<Epoch, RetiredRoot>,
    mac: [u8; MAC_LENGTH],
}

/// A root as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrappedRoot {
    pub(crate) created: Second,
    /// At least one.
    pub(crate) keys: Vec<EncryptedDataKey>,
}

/// What is remembered of a root that was thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetiredRoot {
    pub(crate) created: Second,
    pub(crate) retired: Second,
}

impl Document {
    /// With one epoch, and a MAC that is still to be made.
    pub(crate) fn new(id: String, context: EncryptionContext, root: WrappedRoot) -> Self {
        Self {
            id,
            context,
            buckets: BTreeSet::new(),
            epochs: BTreeMap::from([(Epoch::FIRST, root)]),
            retired: BTreeMap::new(),
            mac: [0; MAC_LENGTH],
        }
    }

    /// Reads a text, at most [`MAX_BYTES`] of it.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Malformed> {
        parse::document(text)
    }

    /// From the oldest on.
    pub(crate) fn epochs(&self) -> impl DoubleEndedIterator<Item = (Epoch, &WrappedRoot)> {
        self.epochs.iter().map(|(epoch, root)| (*epoch, root))
    }

    pub(crate) fn root(&self, epoch: Epoch) -> Option<&WrappedRoot> {
        self.epochs.get(&epoch)
    }

    pub(crate) fn newest(&self) -> Epoch {
        *self
            .epochs
            .last_key_value()
            .expect("a document has an epoch: `parse` and `retire` keep one")
            .0
    }

    /// Newer than all others.
    pub(crate) fn add(&mut self, epoch: Epoch, root: WrappedRoot) {
        self.epochs.insert(epoch, root);
    }

    /// Puts the root of an epoch that is there into other keys.
    pub(crate) fn rewrap(&mut self, epoch: Epoch, keys: Vec<EncryptedDataKey>) {
        if let Some(root) = self.epochs.get_mut(&epoch) {
            root.keys = keys;
        }
    }

    /// Throws away the root of an epoch, never that of the newest.
    pub(crate) fn retire(&mut self, epoch: Epoch, now: Second) {
        if epoch == self.newest() {
            return;
        }
        if let Some(root) = self.epochs.remove(&epoch) {
            self.retired.insert(epoch, RetiredRoot { created: root.created, retired: now });
            while self.retired.len() > MOST_RETIRED {
                self.retired.pop_first();
            }
        }
    }

    /// The pairs under which the root of an epoch is wrapped.
    pub(crate) fn context_of(&self, epoch: Epoch) -> EncryptionContext {
        context_of(&self.id, &self.context, epoch)
    }

    /// Makes the MAC anew, with the root of the newest epoch.
    pub(crate) fn seal(&mut self, newest: &SecretBytes) -> Result<()> {
        self.mac = derive::mac(newest, &self.authenticated()?);
        Ok(())
    }

    /// Whether the MAC is that of the root of the newest epoch. Takes the same time wherever it differs.
    pub(crate) fn is_sealed_with(&self, newest: &SecretBytes) -> Result<bool> {
        Ok(derive::is_mac(newest, &self.authenticated()?, &self.mac))
    }

    /// What the MAC covers: all but itself, in one form.
    fn authenticated(&self) -> Result<Vec<u8>> {
        let mut out = Canonical::default();
        out.text(FORMAT)?;
        out.count(usize::from(VERSION))?;
        out.text(&self.id)?;
        out.bytes(self.context.serialize()?)?;
        out.count(self.buckets.len())?;
        self.buckets.iter().try_for_each(|bucket| out.text(bucket))?;
        out.count(self.epochs.len())?;
        for (epoch, root) in &self.epochs {
            out.epoch(*epoch);
            out.text(&root.created.to_string())?;
            out.count(root.keys.len())?;
            for key in &root.keys {
                out.text(key.provider_id())?;
                out.bytes(key.provider_info())?;
                out.bytes(key.ciphertext())?;
            }
        }
        out.count(self.retired.len())?;
        for (epoch, root) in &self.retired {
            out.epoch(*epoch);
            out.text(&root.created.to_string())?;
            out.text(&root.retired.to_string())?;
        }
        Ok(out.0)
    }

    /// As it is stored.
    pub(crate) fn text(&self) -> String {
        let epochs = self.epochs.iter().map(|(epoch, root)| {
            let keys = root.keys.iter().map(|key| {
                Json::Object(vec![
                    ("provider_id", Json::text(key.provider_id())),
                    ("provider_info", Json::text(BASE64.encode(key.provider_info()))),
                    ("ciphertext", Json::text(BASE64.encode(key.ciphertext()))),
                ])
            });
            Json::Object(vec![
                ("epoch", Json::Number(epoch.number())),
                ("created", Json::text(root.created.to_string())),
                ("keys", Json::List(keys.collect())),
            ])
        });
        let retired = self.retired.iter().map(|(epoch, root)| {
            Json::Object(vec![
                ("epoch", Json::Number(epoch.number())),
                ("created", Json::text(root.created.to_string())),
                ("retired", Json::text(root.retired.to_string())),
            ])
        });
        let context = self.context.iter().map(|(key, value)| (key, Json::text(value)));
        Json::Object(vec![
            ("format", Json::text(FORMAT)),
            ("version", Json::Number(VERSION.into())),
            ("id", Json::text(&*self.id)),
            ("context", Json::Object(context.collect())),
            ("buckets", Json::List(self.buckets.iter().map(|name| Json::text(&**name)).collect())),
            ("epochs", Json::List(epochs.collect())),
            ("retired", Json::List(retired.collect())),
            ("mac", Json::text(BASE64.encode(self.mac))),
        ])
        .to_text()
    }
}

/// A text as it is written anew, and what its MAC covers.
#[cfg(feature = "wire")]
pub(crate) fn rewritten(text: &[u8]) -> Result<(String, Vec<u8>)> {
    let document = Document::parse(text).map_err(|Malformed(what)| Error::invalid_input(what))?;
    Ok((document.text(), document.authenticated()?))
}

/// Why a text is no key ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

/// The pairs under which the root of an epoch is wrapped.
pub(crate) fn context_of(id: &str, context: &EncryptionContext, epoch: Epoch) -> EncryptionContext {
    let mut context = context.clone();
    context.insert("crypto-envelope-purpose", "sse-c key ring");
    context.insert("crypto-envelope-ring", id);
    context.insert("crypto-envelope-epoch", epoch.to_string());
    context
}

/// Why `bucket` cannot be listed, if it cannot.
pub(crate) fn check_bucket(bucket: &str) -> Result<(), &'static str> {
    if bucket.is_empty() || bucket.len() > LONGEST_BUCKET {
        return Err("the name of a bucket has 1 to 255 bytes");
    }
    if bucket.chars().any(char::is_control) {
        return Err("the name of a bucket has no control characters");
    }
    Ok(())
}

/// The bytes of a document in one form.
#[derive(Default)]
struct Canonical(Vec<u8>);

impl Canonical {
    fn count(&mut self, count: usize) -> Result<()> {
        let count = u16::try_from(count).map_err(|_| too_long())?;
        self.0.extend(count.to_be_bytes());
        Ok(())
    }

    fn epoch(&mut self, epoch: Epoch) {
        self.0.extend(epoch.number().to_be_bytes());
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.bytes(text.as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.count(bytes.len())?;
        self.0.extend(bytes);
        Ok(())
    }
}

fn too_long() -> Error {
    Error::invalid_input("a part of the key ring is over 65535 bytes")
}

/// Of a text, in bytes.
pub(crate) const MAX_BYTES: usize = 256 * 1024;
pub(crate) const MOST_EPOCHS: usize = 1000;
pub(crate) const MOST_BUCKETS: usize = 1000;
/// Ways in which one root is wrapped.
pub(crate) const MOST_KEYS: usize = 32;
const MOST_RETIRED: usize = 1000;
const LONGEST_BUCKET: usize = 255;
/// In hexadecimal digits.
pub(crate) const ID_LENGTH: usize = 32;
const MAC_LENGTH: usize = 32;
const FORMAT: &str = "crypto-envelope sse-c key ring";
const VERSION: u16 = 1;

#[cfg(test)]
mod tests;
