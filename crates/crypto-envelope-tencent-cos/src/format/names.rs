//! Names of metadata, without `x-cos-meta-`, and their values.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use crate::CosObjectError;

pub(super) const KEY: &str = "client-side-encryption-key";
pub(super) const IV: &str = "client-side-encryption-iv";
pub(super) const MASTER_IV: &str = "client-side-encryption-master-iv";
pub(super) const START: &str = "client-side-encryption-start";
pub(super) const CONTENT_ALGORITHM: &str = "client-side-encryption-cek-alg";
pub(super) const WRAP_ALGORITHM: &str = "client-side-encryption-wrap-alg";
pub(super) const DESCRIPTION: &str = "client-side-encryption-matdesc";
pub(super) const LENGTH: &str = "client-side-encryption-unencrypted-content-length";
pub(super) const DATA_SIZE: &str = "client-side-encryption-data-size";
pub(super) const PART_SIZE: &str = "client-side-encryption-part-size";
pub(super) const TAG_LENGTH: &str = "x-cos-tag-len";

/// What tells the formats of the SDK for Python from others.
pub(super) const OF_PYTHON: [&str; 2] = [IV, MASTER_IV];
/// What tells those of the SDK for Java.
pub(super) const OF_JAVA: [&str; 4] = [START, CONTENT_ALGORITHM, WRAP_ALGORITHM, DESCRIPTION];

/// Older names, and those in instruction files.
pub(super) mod legacy {
    pub(in super::super) const KEY: &str = "x-cos-key-v2";
    pub(in super::super) const OLD_KEY: &str = "x-cos-key";
    pub(in super::super) const IV: &str = "x-cos-iv";
    pub(in super::super) const DESCRIPTION: &str = "x-cos-matdesc";
    pub(in super::super) const CONTENT_ALGORITHM: &str = "x-cos-cek-alg";
    pub(in super::super) const WRAP_ALGORITHM: &str = "x-cos-wrap-alg";
    /// What tells old metadata from others.
    pub(in super::super) const ALL: [&str; 6] =
        [KEY, OLD_KEY, IV, DESCRIPTION, CONTENT_ALGORITHM, WRAP_ALGORITHM];
}

/// Everything of all formats, which is neither kept nor copied as metadata of the user.
pub(crate) fn is_ours(name: &str) -> bool {
    let others = [TAG_LENGTH, INSTRUCTION_FILE];
    name.starts_with(PREFIX) || legacy::ALL.contains(&name) || others.contains(&name)
}

/// Metadata by name. Names are in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Of metadata whose names do not begin with `x-cos-meta-`, in whatever case.
    pub(crate) fn new<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        let pairs = pairs.into_iter();
        Self(pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect())
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The first of these names that is there.
    pub(super) fn first_of(&self, names: &[&'static str]) -> Option<&'static str> {
        names.iter().copied().find(|name| self.value(name).is_some())
    }

    pub(super) fn required(&self, name: &'static str) -> Result<&str, CosObjectError> {
        self.value(name).ok_or(CosObjectError::Missing { name })
    }

    pub(super) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, CosObjectError> {
        let malformed = |_| CosObjectError::Malformed { name, what: "it is not base64" };
        BASE64.decode(self.required(name)?.trim_ascii()).map_err(malformed)
    }

    /// A number of bytes. One that is none is left out: nothing depends on it.
    pub(super) fn length(&self, name: &str) -> Option<u64> {
        self.value(name)?.parse().ok()
    }
}

const PREFIX: &str = "client-side-encryption-";
pub(super) const INSTRUCTION_FILE: &str = "x-cos-crypto-instr-file";
