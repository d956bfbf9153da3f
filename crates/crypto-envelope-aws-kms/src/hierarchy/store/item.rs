//! Items of the table.

use std::{
    collections::{BTreeMap, HashMap},
    time::{SystemTime, UNIX_EPOCH},
};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_kms::primitives::{Blob, DateTime, DateTimeFormat};
use crypto_envelope::EncryptionContext;

use super::BranchKeyVersion;
use crate::AwsKmsArn;

/// Which item of a branch key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The one that wraps now.
    Active,
    /// A version.
    Version(BranchKeyVersion),
    /// What searchable encryption derives beacons from. Nobody here reads it.
    Beacon,
}

/// One of them, with a key that KMS wrapped, as soon as it did.
#[derive(Clone)]
pub(super) struct Item {
    /// All attributes but the key: KMS binds it to all of them.
    attributes: BTreeMap<String, String>,
    ciphertext: Vec<u8>,
}

/// Why an item is not read.
pub(super) enum Unread {
    /// No store wrote it: what is wrong with it.
    Broken(&'static str),
    /// A store of a later version of the format wrote it.
    TooNew,
}

impl Kind {
    pub(super) fn text(self) -> String {
        match self {
            Self::Active => "branch:ACTIVE".to_owned(),
            Self::Version(version) => format!("{VERSION_PREFIX}{version}"),
            Self::Beacon => "beacon:ACTIVE".to_owned(),
        }
    }
}

impl Item {
    /// What all items of a new branch key have in common.
    pub(super) fn new(id: &str, key: &AwsKmsArn, context: &EncryptionContext) -> Self {
        let common = [
            (ID, id.to_owned()),
            (CREATE_TIME, now()),
            (HIERARCHY_VERSION, THE_VERSION.to_owned()),
            (KMS_ARN, key.to_string()),
        ];
        let common = common.map(|(name, value)| (name.to_owned(), value));
        let custom =
            context.iter().map(|(key, value)| (format!("{CUSTOM}{key}"), value.to_owned()));
        Self { attributes: common.into_iter().chain(custom).collect(), ciphertext: Vec::new() }
    }

    /// As another kind of item, whose key has to be wrapped.
    pub(super) fn of_kind(&self, kind: Kind, active: Option<BranchKeyVersion>) -> Self {
        let mut attributes = self.attributes.clone();
        attributes.insert(KIND.to_owned(), kind.text());
        match active {
            Some(version) => attributes.insert(VERSION.to_owned(), Kind::Version(version).text()),
            None => attributes.remove(VERSION),
        };
        Self { attributes, ciphertext: Vec::new() }
    }

    /// As of this moment.
    pub(super) fn renewed(&self) -> Self {
        let mut item = self.clone();
        item.attributes.insert(CREATE_TIME.to_owned(), now());
        item
    }

    pub(super) fn with_ciphertext(mut self, ciphertext: Vec<u8>) -> Self {
        self.ciphertext = ciphertext;
        self
    }

    /// Reads the item of this id and kind.
    pub(super) fn read(
        id: &str,
        kind: Kind,
        found: HashMap<String, AttributeValue>,
    ) -> Result<Self, Unread> {
        let (mut attributes, mut ciphertext) = (BTreeMap::new(), None);
        for (name, value) in found {
            match (name.as_str(), value) {
                (ENC, AttributeValue::B(blob)) => ciphertext = Some(blob.into_inner()),
                (HIERARCHY_VERSION, AttributeValue::N(text)) => {
                    attributes.insert(name, text);
                }
                // KMS would not know of it.
                (ENC | HIERARCHY_VERSION | LOGICAL_NAME, _) => return Err(UNKNOWN),
                (_, AttributeValue::S(text)) => {
                    attributes.insert(name, text);
                }
                _ => return Err(UNKNOWN),
            }
        }
        let item = Self { attributes, ciphertext: ciphertext.ok_or(Unread::Broken(ENC))? };
        match item.attribute(HIERARCHY_VERSION) {
            Some(THE_VERSION) => {}
            Some(_) => return Err(Unread::TooNew),
            None => return Err(Unread::Broken(HIERARCHY_VERSION)),
        }
        let is_active = kind == Kind::Active;
        for (name, is_right) in [
            (ID, item.attribute(ID) == Some(id)),
            (KIND, item.attribute(KIND) == Some(&kind.text())),
            (KMS_ARN, item.attribute(KMS_ARN).is_some()),
            (CREATE_TIME, item.attribute(CREATE_TIME).is_some()),
            (VERSION, item.attribute(VERSION).is_some() == is_active),
            (VERSION, item.version(kind).is_some()),
        ] {
            if !is_right {
                return Err(Unread::Broken(name));
            }
        }
        Ok(item)
    }

    /// As DynamoDB has it.
    pub(super) fn to_attributes(&self) -> HashMap<String, AttributeValue> {
        let texts = self.attributes.iter().map(|(name, value)| {
            let typed =
                if name == HIERARCHY_VERSION { AttributeValue::N } else { AttributeValue::S };
            (name.clone(), typed(value.clone()))
        });
        let enc = AttributeValue::B(Blob::new(self.ciphertext.clone()));
        texts.chain([(ENC.to_owned(), enc)]).collect()
    }

    /// What KMS binds the key to.
    pub(super) fn context(&self, logical_name: &str) -> EncryptionContext {
        let mut context = EncryptionContext::new();
        for (name, value) in &self.attributes {
            context.insert(name, value);
        }
        context.insert(LOGICAL_NAME, logical_name);
        context
    }

    /// Which version an item of this kind holds.
    pub(super) fn version(&self, kind: Kind) -> Option<BranchKeyVersion> {
        match kind {
            Kind::Version(version) => Some(version),
            Kind::Active => self.attribute(VERSION)?.strip_prefix(VERSION_PREFIX)?.parse().ok(),
            Kind::Beacon => None,
        }
    }

    pub(super) fn kms_arn(&self) -> &str {
        self.attribute(KMS_ARN).unwrap_or_default()
    }

    pub(super) fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// In ISO 8601, with microseconds.
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    // A year of five digits is no concern of ours.
    let seconds = DateTime::from_secs(seconds).fmt(DateTimeFormat::DateTime).unwrap_or_default();
    format!("{}.{:06}Z", seconds.trim_end_matches('Z'), since.subsec_micros())
}

pub(super) const ID: &str = "branch-key-id";
pub(super) const KIND: &str = "type";
pub(super) const ENC: &str = "enc";
/// Of the store, in the context that KMS binds keys to, and in no item.
const LOGICAL_NAME: &str = "tablename";
const UNKNOWN: Unread = Unread::Broken("one that no item has, or of another type");
const VERSION: &str = "version";
const CREATE_TIME: &str = "create-time";
const HIERARCHY_VERSION: &str = "hierarchy-version";
const KMS_ARN: &str = "kms-arn";
/// In front of the keys of a context of one's own.
const CUSTOM: &str = "aws-crypto-ec:";
const VERSION_PREFIX: &str = "branch:version:";
const THE_VERSION: &str = "1";

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn version() -> BranchKeyVersion {
        BranchKeyVersion::from_bytes([7; 16])
    }

    /// The items of a branch key, as they are written.
    fn items() -> [(Kind, Item); 2] {
        let arn = AwsKmsArn::parse(KEY).expect("an ARN");
        let item = Item::new("id", &arn, &EncryptionContext::from([("a", "b")]));
        let of_kind = |kind, active| (kind, item.of_kind(kind, active).with_ciphertext(vec![1]));
        [of_kind(Kind::Active, Some(version())), of_kind(Kind::Version(version()), None)]
    }

    #[test]
    fn what_is_written_is_read() {
        for (kind, item) in items() {
            let read = Item::read("id", kind, item.to_attributes());
            let read = read.unwrap_or_else(|_| panic!("{kind:?}"));
            assert_eq!((read.version(kind), read.kms_arn()), (Some(version()), KEY));
            assert_eq!(read.context("name"), item.context("name"));
            assert_eq!(read.context("name").value("aws-crypto-ec:a"), Some("b"));
            assert_eq!(read.context("name").value(LOGICAL_NAME), Some("name"));
            assert_eq!(read.context("name").value(ENC), None);
        }
    }

    #[test]
    fn what_no_store_writes_is_not_read() {
        let text = |text: &str| Some(AttributeValue::S(text.to_owned()));
        for (kind, item) in items() {
            for (name, value) in [
                (ID, text("another")),
                (KIND, text("beacon:ACTIVE")),
                (KMS_ARN, None),
                (CREATE_TIME, None),
                (HIERARCHY_VERSION, None),
                (HIERARCHY_VERSION, text(THE_VERSION)),
                (LOGICAL_NAME, text("name")),
                (ENC, None),
                (ENC, text("key")),
                ("aws-crypto-ec:a", Some(AttributeValue::N("7".to_owned()))),
                // An active one needs it, and no other one has it.
                (VERSION, if kind == Kind::Active { None } else { text("branch:version:7") }),
                (VERSION, text("7")),
            ] {
                let mut attributes = item.to_attributes();
                match value {
                    Some(value) => drop(attributes.insert(name.to_owned(), value)),
                    None => drop(attributes.remove(name)),
                }
                let read = Item::read("id", kind, attributes);
                assert!(matches!(read, Err(Unread::Broken(_))), "{kind:?} {name}");
            }
            let mut attributes = item.to_attributes();
            let next = AttributeValue::N("2".to_owned());
            attributes.insert(HIERARCHY_VERSION.to_owned(), next);
            assert!(matches!(Item::read("id", kind, attributes), Err(Unread::TooNew)));
        }
    }
}
