//! How a bucket encrypts what comes without a word about it, and what it does not take.

use super::{
    error::S3Error,
    protection::{ALGORITHMS, ServiceKey},
};
use crate::fake::xml::{Element, Writer};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BucketEncryption {
    pub(super) default: ServiceKey,
    bucket_key: bool,
    /// As `SSE-C`; nothing if nobody said what is blocked.
    blocked: Option<Vec<String>>,
}

impl Default for BucketEncryption {
    fn default() -> Self {
        Self { default: ServiceKey::usual(), bucket_key: false, blocked: None }
    }
}

impl BucketEncryption {
    pub(super) fn of_xml(document: &[u8]) -> Result<Self, S3Error> {
        let root = Element::parse(document);
        let root = root.filter(|root| root.name == "ServerSideEncryptionConfiguration");
        let root = root.ok_or_else(S3Error::malformed_xml)?;
        let mut rules = root.named("Rule");
        let (Some(rule), None) = (rules.next(), rules.next()) else {
            return Err(S3Error::malformed_xml());
        };
        let default = rule.named("ApplyServerSideEncryptionByDefault").next();
        let default = default.map_or(Ok(ServiceKey::usual()), |default| {
            let algorithm = default.text_of("SSEAlgorithm").unwrap_or_default();
            if !ALGORITHMS.contains(&algorithm) {
                return Err(S3Error::malformed_xml());
            }
            let id = default.text_of("KMSMasterKeyID").map(str::to_owned);
            Ok(ServiceKey { algorithm: algorithm.to_owned(), id })
        })?;
        let blocked = rule.named("BlockedEncryptionTypes").next().map(|blocked| {
            let types = blocked.named("EncryptionType").map(|one| one.text.trim().to_owned());
            types.collect::<Vec<_>>()
        });
        let is_known = |one: &String| ["NONE", SSE_C].contains(&one.as_str());
        if blocked.iter().flatten().any(|one| !is_known(one)) {
            return Err(S3Error::malformed_xml());
        }
        let bucket_key = rule.text_of("BucketKeyEnabled") == Some("true");
        Ok(Self { default, bucket_key, blocked })
    }

    pub(super) fn xml(&self) -> Writer {
        let mut xml = Writer::new();
        xml.open_in("ServerSideEncryptionConfiguration", super::NAMESPACE);
        xml.open("Rule");
        xml.open("ApplyServerSideEncryptionByDefault");
        xml.element("SSEAlgorithm", &self.default.algorithm);
        if let Some(id) = &self.default.id {
            xml.element("KMSMasterKeyID", id);
        }
        xml.close("ApplyServerSideEncryptionByDefault");
        xml.element("BucketKeyEnabled", &self.bucket_key.to_string());
        if let Some(blocked) = &self.blocked {
            xml.open("BlockedEncryptionTypes");
            for one in blocked {
                xml.element("EncryptionType", one);
            }
            xml.close("BlockedEncryptionTypes");
        }
        xml.close("Rule");
        xml.close("ServerSideEncryptionConfiguration");
        xml
    }

    /// Whether it refuses to write under keys of customers.
    pub(super) fn blocks_customer_keys(&self) -> bool {
        self.blocked.iter().flatten().any(|one| one == SSE_C)
    }
}

const SSE_C: &str = "SSE-C";
