//! Names of KMS keys.

use std::fmt;

use crypto_envelope::{Error, Result};

/// The Amazon Resource Name of a KMS key or of an alias:
/// `arn:aws:kms:us-east-1:111122223333:key/1234abcd-…` (AWS Encryption SDK specification, "AWS KMS
/// Key ARN").
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AwsKmsArn {
    partition: String,
    region: String,
    account: String,
    resource: Resource,
    id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Resource {
    Key,
    Alias,
}

impl AwsKmsArn {
    /// Takes an ARN apart.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is not one of a KMS key or alias.
    pub fn parse(arn: &str) -> Result<Self> {
        Self::from_text(arn).ok_or_else(|| {
            Error::invalid_input(format!(
                "{arn:?} is not the ARN of a KMS key or alias, such as \
                 arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
            ))
        })
    }

    /// The partition, such as `aws` or `aws-cn`.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The region, such as `us-east-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account, twelve digits.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Whether it names a key itself. An alias can lead to another key tomorrow.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.resource == Resource::Key
    }

    /// Whether it names a multi-Region key, which is the same key in several regions.
    #[must_use]
    pub fn is_multi_region(&self) -> bool {
        self.is_key() && self.id.starts_with(MULTI_REGION)
    }

    /// Whether both are the same key, in whatever regions (AWS Encryption SDK specification, "AWS
    /// KMS MRK Match for Decrypt").
    #[must_use]
    pub fn is_same_key(&self, other: &Self) -> bool {
        self == other
            || self.is_multi_region() && *self == other.clone().in_region(self.region.clone())
    }

    /// Whether its region is one that its partition can have. A message can say anything, and the
    /// credentials of one partition are not for another.
    pub(crate) fn is_plausible(&self) -> bool {
        partition_has(&self.partition, &self.region)
    }

    /// The same key in another region.
    pub(crate) fn in_region(mut self, region: String) -> Self {
        self.region = region;
        self
    }

    /// What names a key in the provider info of a wrapped key.
    pub(crate) fn of_key(provider_info: &[u8]) -> Option<Self> {
        Self::from_text(str::from_utf8(provider_info).ok()?).filter(Self::is_key)
    }

    fn from_text(arn: &str) -> Option<Self> {
        let mut parts = arn.split(':');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let ("arn", partition, "kms") = (next()?, next()?, next()?) else { return None };
        let (region, account, resource) = (next()?, next()?, next()?);
        let (kind, id) = resource.split_once('/').filter(|(_, id)| !id.is_empty())?;
        let resource = match kind {
            "key" => Resource::Key,
            "alias" => Resource::Alias,
            _ => return None,
        };
        // They come out of messages: a region becomes part of a host name, and all go into logs.
        let is_plain = is_region(region)
            && is_made_of(partition, b"-", LONGEST_REGION)
            && is_made_of(account, b"", LONGEST_REGION)
            && is_made_of(id, b"-_/", LONGEST_ID);
        (parts.next().is_none() && is_plain).then(|| Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            resource,
            id: id.to_owned(),
        })
    }
}

/// Whether `region` is one that this partition can have, as far as AWS has told how it names them.
pub(crate) fn partition_has(partition: &str, region: &str) -> bool {
    let of_others = ["cn-", "us-gov-", "us-iso", "eu-iso", "eusc-"];
    let starts = match partition {
        "aws" => !of_others.iter().any(|prefix| region.starts_with(prefix)),
        "aws-cn" => region.starts_with("cn-"),
        "aws-us-gov" => region.starts_with("us-gov-"),
        "aws-eusc" => region.starts_with("eusc-"),
        partition if partition.starts_with("aws-iso") => {
            region.starts_with("us-iso") || region.starts_with("eu-iso")
        }
        _ => false,
    };
    // us-east-1, ap-southeast-2, us-isob-east-1
    let (name, number) = region.rsplit_once('-').unwrap_or_default();
    let is_number =
        (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    starts && is_number && name.contains('-') && !name.contains(|c: char| c.is_ascii_digit())
}

impl fmt::Display for AwsKmsArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account, resource, id } = self;
        let kind = match resource {
            Resource::Key => "key",
            Resource::Alias => "alias",
        };
        write!(f, "arn:{partition}:kms:{region}:{account}:{kind}/{id}")
    }
}

impl fmt::Debug for AwsKmsArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whatever KMS takes for a key: its ARN, the ARN of an alias, `alias/…`, or the bare id of a key.
/// Only the ARN of a key can decrypt, since that is what messages name.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum KmsKeyId {
    Arn(AwsKmsArn),
    /// In the region and account of whoever calls.
    Local(String),
}

impl KmsKeyId {
    pub(crate) fn parse(id: &str) -> Result<Self> {
        if id.starts_with("arn:") {
            return AwsKmsArn::parse(id).map(Self::Arn);
        }
        let name = id.strip_prefix("alias/").unwrap_or(id);
        if !is_made_of(name, b"-_/", LONGEST_ID) {
            return Err(Error::invalid_input(format!(
                "{id:?} is not the id of a KMS key: it takes an ARN, alias/NAME, or the id of a key"
            )));
        }
        Ok(Self::Local(id.to_owned()))
    }

    /// The region that its name says.
    pub(crate) fn region(&self) -> Option<&str> {
        self.arn().map(AwsKmsArn::region)
    }

    pub(crate) fn arn(&self) -> Option<&AwsKmsArn> {
        match self {
            Self::Arn(arn) => Some(arn),
            Self::Local(_) => None,
        }
    }

    /// Whether KMS, called in `region`, may say that it used the key `arn` when asked for this one.
    pub(crate) fn may_lead_to(&self, arn: &AwsKmsArn, region: &str) -> bool {
        match self {
            Self::Arn(own) if own.is_key() => own == arn,
            Self::Arn(alias) => {
                (&alias.partition, &alias.region, &alias.account)
                    == (&arn.partition, &arn.region, &arn.account)
            }
            Self::Local(id) => arn.region == region && (id.starts_with("alias/") || *id == arn.id),
        }
    }

    /// The ARN of a key, not that of an alias.
    pub(crate) fn key_arn(&self) -> Option<&AwsKmsArn> {
        self.arn().filter(|arn| arn.is_key())
    }
}

impl fmt::Display for KmsKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => arn.fmt(f),
            Self::Local(id) => f.write_str(id),
        }
    }
}

impl fmt::Debug for KmsKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Refuses what cannot be the name of a region.
pub(crate) fn check_region(region: &str) -> Result<()> {
    if is_region(region) {
        return Ok(());
    }
    Err(Error::invalid_input(format!("{region:?} is not the name of a region, such as us-east-1")))
}

fn is_region(region: &str) -> bool {
    is_made_of(region, b"-", LONGEST_REGION)
        && !region.contains(|c: char| c.is_ascii_uppercase())
        && region.starts_with(|first: char| first.is_ascii_lowercase())
        && !region.ends_with('-')
}

/// Letters, digits and `others`, of which there is at least one.
fn is_made_of(text: &str, others: &[u8], longest: usize) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
    !text.is_empty() && text.len() <= longest && text.bytes().all(is_plain)
}

const MULTI_REGION: &str = "mrk-";
/// In bytes; what KMS documents.
const LONGEST_ID: usize = 256;
const LONGEST_REGION: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd";
    const MULTI: &str = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234";

    fn arn(text: &str) -> AwsKmsArn {
        AwsKmsArn::parse(text).expect("an ARN")
    }

    #[test]
    fn arns_are_taken_apart_and_put_together() {
        for text in [KEY, MULTI, "arn:aws-cn:kms:cn-north-1:1:alias/a/b", "arn:a:kms:r:c:key/a/b"] {
            assert_eq!(arn(text).to_string(), text);
        }
        let arn = arn("arn:aws-cn:kms:cn-north-1:111122223333:key/a");
        assert_eq!(arn.partition(), "aws-cn");
        assert_eq!(arn.region(), "cn-north-1");
        assert_eq!(arn.account(), "111122223333");
    }

    #[test]
    fn what_is_no_arn_is_refused() {
        for text in [
            "",
            "arn",
            "1234abcd",
            "alias/name",
            "arn:aws:kms:us-east-1:111122223333:key/",
            "arn:aws:kms:us-east-1:111122223333:key",
            "arn:aws:kms:us-east-1:111122223333:1234abcd",
            "arn:aws:kms:us-east-1:111122223333:grant/1234",
            "arn:aws:kms:us-east-1::key/1234",
            "arn:aws:kms::111122223333:key/1234",
            "arn::kms:us-east-1:111122223333:key/1234",
            "arn:aws:s3:us-east-1:111122223333:key/1234",
            "arn:aws:kms:us-east-1:111122223333:key/12:34",
            "ARN:aws:kms:us-east-1:111122223333:key/1234",
            "arn:aws:kms:evil.example/:111122223333:key/1234",
            "arn:aws:kms:US-EAST-1:111122223333:key/1234",
            "arn:aws:kms:-east:111122223333:key/1234",
            "arn:aws:kms:us-east-1:111122223333:key/12 34",
            "arn:aws:kms:us-east-1:111122223333:key/12\n34",
            "arn:aws:kms:us-east-1:1111\u{1b}[2J:key/1234",
            "arn:aws kms:kms:us-east-1:111122223333:key/1234",
            &format!("arn:aws:kms:us-east-1:111122223333:key/{}", "1".repeat(257)),
        ] {
            assert!(AwsKmsArn::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn multi_region_keys_are_the_same_in_all_regions() {
        let elsewhere = |text: &str| text.replace("us-east-1", "eu-west-1");
        assert!(arn(MULTI).is_same_key(&arn(&elsewhere(MULTI))));
        assert!(arn(KEY).is_same_key(&arn(KEY)));
        assert!(!arn(KEY).is_same_key(&arn(&elsewhere(KEY))));
        for other in [
            MULTI.replace("1234", "5678"),
            MULTI.replace("111122223333", "444455556666"),
            MULTI.replace(":aws:", ":aws-cn:"),
            MULTI.replace(":key/", ":alias/"),
        ] {
            assert!(!arn(MULTI).is_same_key(&arn(&elsewhere(&other))), "{other}");
        }
        let alias = "arn:aws:kms:us-east-1:111122223333:alias/mrk-1234";
        assert!(!arn(alias).is_multi_region());
        assert!(!arn(alias).is_same_key(&arn(&elsewhere(alias))));
    }

    #[test]
    fn regions_have_to_be_those_of_the_partition() {
        for (partition, region, is_plausible) in [
            ("aws", "us-east-1", true),
            ("aws", "ap-southeast-2", true),
            ("aws", "cn-north-1", false),
            ("aws", "us-gov-west-1", false),
            ("aws", "us-iso-east-1", false),
            ("aws", "eusc-de-east-1", false),
            ("aws", "r1-a", false),
            ("aws", "useast1", false),
            ("aws", "us-east1-1", false),
            ("aws", "us-east-100", false),
            ("aws-cn", "cn-northwest-1", true),
            ("aws-cn", "us-east-1", false),
            ("aws-us-gov", "us-gov-east-1", true),
            ("aws-us-gov", "us-east-1", false),
            ("aws-iso-b", "us-isob-east-1", true),
            ("aws-iso", "us-east-1", false),
            ("aws-eusc", "eusc-de-east-1", true),
            ("aws-iso", "cn-iso-1", false),
            ("aws-x", "us-east-1", false),
        ] {
            let arn = arn(&format!("arn:{partition}:kms:{region}:111122223333:key/1"));
            assert_eq!(arn.is_plausible(), is_plausible, "{arn}");
        }
    }

    #[test]
    fn ids_of_every_form_are_taken() -> Result<()> {
        for (id, region, is_key) in [
            (KEY, Some("us-east-1"), true),
            ("arn:aws:kms:us-east-1:111122223333:alias/name", Some("us-east-1"), false),
            ("alias/my/name", None, false),
            ("1234abcd-12ab-34cd-56ef-1234567890ab", None, false),
            ("mrk-1234", None, false),
        ] {
            let parsed = KmsKeyId::parse(id)?;
            assert_eq!(parsed.to_string(), id);
            assert_eq!(parsed.region(), region);
            assert_eq!(parsed.key_arn().is_some(), is_key);
        }
        for id in ["", "alias/", "a b", "arn:aws:kms:us-east-1:1", "a\nb", "ä"] {
            assert!(KmsKeyId::parse(id).is_err(), "{id}");
        }
        Ok(())
    }
}
