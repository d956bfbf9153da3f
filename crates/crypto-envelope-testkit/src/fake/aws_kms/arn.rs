//! Names of keys and aliases.

use std::fmt;

/// `arn:partition:kms:region:account:key/id`, or the same of an alias.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arn {
    pub(super) partition: String,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) kind: Kind,
    /// What follows the first `/`.
    pub(super) id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Key,
    Alias,
}

impl Arn {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts = text.splitn(6, ':').collect::<Vec<_>>();
        let [arn, partition, service, region, account, resource] = parts.try_into().ok()?;
        let (kind, id) = resource.split_once('/')?;
        let kind = match kind {
            "key" => Kind::Key,
            "alias" => Kind::Alias,
            _ => return None,
        };
        let named = [partition, region, account, id].iter().all(|part| !part.is_empty());
        (arn == "arn" && service == "kms" && named).then(|| Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            kind,
            id: id.to_owned(),
        })
    }

    pub(super) fn new(kind: Kind, region: &str, account: &str, id: &str) -> Self {
        Self {
            partition: partition_of(region).to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            kind,
            id: id.to_owned(),
        }
    }

    /// Whether `region` has the form of a Region of this partition.
    pub(super) fn partition_has(&self, region: &str) -> bool {
        let (name, number) = region.rsplit_once('-').unwrap_or_default();
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_name = name.contains('-')
            && name
                .split('-')
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()));
        is_name && is_number && partition_of(region) == self.partition
    }

    /// Keys of several Regions say so in their name, and in no other way.
    pub(super) fn is_multi_region(&self) -> bool {
        self.kind == Kind::Key && self.id.starts_with("mrk-")
    }

    pub(super) fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Key => "key",
            Kind::Alias => "alias",
        };
        let Self { partition, region, account, id, .. } = self;
        write!(f, "arn:{partition}:kms:{region}:{account}:{kind}/{id}")
    }
}

/// Whether this can be the id of a key: a UUID, or `mrk-` and 32 hexadecimal digits.
pub(super) fn is_key_id(text: &str) -> bool {
    let hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if let Some(digits) = text.strip_prefix("mrk-") {
        return hex(digits, 32);
    }
    let parts = text.split('-').collect::<Vec<_>>();
    parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, n)| hex(part, n))
}

fn partition_of(region: &str) -> &'static str {
    let known = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    known.map_or("aws", |(_, partition)| partition)
}

/// By what the names of their Regions begin with; all others are of `aws`.
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_names_survive() {
        for text in [
            "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws-cn:kms:cn-north-1:1:alias/a/b:c",
            "arn:aws:kms:us-east-1:1:key/mrk-1",
        ] {
            assert_eq!(Arn::parse(text).map(|arn| arn.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn malformed_names_are_none() {
        for text in [
            "",
            "arn:aws:kms:us-east-1:1:key",
            "arn:aws:kms:us-east-1:1:key/",
            "arn:aws:kms::1:key/a",
            "arn:aws:kms:us-east-1::key/a",
            "arn::kms:us-east-1:1:key/a",
            "arn:aws:s3:us-east-1:1:key/a",
            "urn:aws:kms:us-east-1:1:key/a",
            "arn:aws:kms:us-east-1:1:grant/a",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ids_are_uuids_or_of_several_regions() {
        assert!(is_key_id("1234abcd-12ab-34cd-56ef-1234567890ab"));
        assert!(is_key_id("mrk-d3b95762d3b95762d3b95762d3b95762"));
        for text in ["fake-key-id", "134f2428cec14b25a1ae9048164dba47", "mrk-fake-key-id", ""] {
            assert!(!is_key_id(text), "{text}");
        }
    }
}
