//! Policies of buckets about customer keys.

mod merge;

use crypto_envelope::{Error, Result};
use serde_json::{Value, json};

/// A policy of a bucket, to be given to `PutBucketPolicy`: what is refused, whoever asks. It allows nothing.
///
/// It is about what requests say. It does not look at what is stored: objects that are there already stay as they are,
/// and replication is not asked. Whether a server minds it is another matter:
///
/// | server | [`RequireSseC`](BucketRule::RequireSseC) | [`RefuseSseC`](BucketRule::RefuseSseC) | [`RequireTls`](BucketRule::RequireTls) |
/// |---|---|---|---|
/// | Amazon S3, by its documentation | enforced, if the bucket takes customer keys at all (`SseCUploads`) | enforced | enforced |
/// | SeaweedFS 4.48 | enforced | enforced | enforced |
/// | Ceph RGW 16.2 | **every upload is refused**, with a customer key too | **every upload is refused**, without one too | enforced |
/// | Garage 2.5 | it has no policies | it has no policies | it has no policies |
/// | ministack 1.5 | kept, not enforced | kept, not enforced | kept, not enforced |
/// | moto 5.2, which does not look at conditions | every upload is refused | every upload is refused | everything is refused |
///
/// **On Ceph RGW 16.2, on Garage and on the stand-ins of AWS no policy can make uploads use customer keys.** There the
/// clients have to: `SseCClient` uploads with a key or not at all, and relies on no answer that does not say that
/// the key was used. For other servers: try it, with an upload that has to be refused and one that must not be.
///
/// ```
/// use crypto_envelope_s3_sse_c::{BucketPolicy, BucketRule};
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let policy = BucketPolicy::new("backups", BucketRule::RequireSseC)?.with(BucketRule::RequireTls);
/// let existing = r#"{"Version": "2012-10-17", "Statement": []}"#; // of GetBucketPolicy
/// let merged = policy.merged_into(existing)?; // for PutBucketPolicy
/// # assert!(merged.contains("DenyUploadsWithoutSseC"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct BucketPolicy {
    bucket: String,
    partition: Partition,
    rules: Vec<BucketRule>,
}

impl BucketPolicy {
    /// Of this bucket, in the partition [`Aws`](Partition::Aws).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the bucket cannot have this name: in an ARN it would mean something else. Buckets of
    /// tenants of Ceph (`tenant:bucket`) are not known, and directory buckets have no SSE-C.
    pub fn new(bucket: impl Into<String>, rule: BucketRule) -> Result<Self> {
        let bucket = bucket.into();
        check_name(&bucket)?;
        Ok(Self { bucket, partition: Partition::default(), rules: vec![rule] })
    }

    /// In another partition of AWS. Servers that are not of AWS want `Aws`.
    pub fn partition(mut self, partition: Partition) -> Self {
        self.partition = partition;
        self
    }

    /// With one more rule. It takes the place of a rule that it contradicts.
    pub fn with(mut self, rule: BucketRule) -> Self {
        self.rules.retain(|other| *other != rule && Some(*other) != rule.rival());
        self.rules.push(rule);
        self
    }

    /// The policy, for a bucket that has none.
    #[must_use]
    pub fn to_json(&self) -> String {
        json!({ "Version": VERSION, "Statement": self.statements() }).to_string()
    }

    /// The policy of the bucket, as `GetBucketPolicy` gives it, with the statements of this one: in the place of
    /// those with the same `Sid`, and of those of a rule that one of these contradicts. All else stays.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if `existing` is no policy, or one that could not be written again as it is.
    pub fn merged_into(&self, existing: &str) -> Result<String> {
        let replaced = self.rules.iter().flat_map(|rule| rule.replaced());
        merge::merge(existing, &replaced.collect::<Vec<_>>(), self.statements())
    }

    fn statements(&self) -> Vec<Value> {
        self.rules.iter().flat_map(|rule| rule.statements(&self.arn())).collect()
    }

    fn arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.partition.as_str(), self.bucket)
    }
}

/// What a [`BucketPolicy`] refuses. The `Sid` of each statement never changes: by it the statement is found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BucketRule {
    /// Uploads without a customer key (`DenyUploadsWithoutSseC`), or for another algorithm than `AES256`
    /// (`DenySseCWithOtherAlgorithms`). Copies are uploads, and so is each request of an upload in parts: the one that
    /// completes it has to name the key as well, which `SseCClient` does and the AWS SDK leaves to its caller.
    RequireSseC,
    /// Uploads with a customer key (`DenyUploadsWithSseC`). Objects that have one can still be read.
    RefuseSseC,
    /// Every request about the bucket or its objects that comes without TLS (`DenyRequestsWithoutTls`), or of which
    /// the server does not say how it came (`DenyRequestsOfUnknownTransport`): that is how Ceph says it.
    RequireTls,
    /// Uploads whose header `x-amz-server-side-encryption` says something else than `AES256`
    /// (`DenyUnEncryptedObjectUploads`): the *Force Encryption Policy* that OSiRIS published for boto, with a version
    /// that servers accept. It asks for encryption with a key of the server, not with one of the customer, and passes
    /// for more because boto 2 sends that header beside the three of a customer key.
    ///
    /// **On Ceph RGW 16.2 it does not force anything**: an upload without the header passes, and is stored in plain.
    /// Only another value is refused. Elsewhere a missing header is another value: Amazon S3 refuses every upload with
    /// a customer key, as it lets nobody send both; SeaweedFS 4.48 refuses it, too, and fails with both.
    ///
    /// For buckets that have this policy already, and clients that
    /// [send the header as well](https://docs.rs/crypto-envelope-s3-sse-c/latest/crypto_envelope_s3_sse_c/enum.Declaration.html).
    /// No new bucket needs it.
    ForceEncryptionHeader,
    /// Uploads without the header `x-amz-server-side-encryption` (`DenyUploadsWithoutEncryptionHeader`), whatever it
    /// says: with [`ForceEncryptionHeader`](Self::ForceEncryptionHeader), what that one was meant to be.
    ///
    /// On Ceph RGW 16.2 an upload with a customer key and the header passes, and **the header alone passes as well,
    /// and is stored in plain**. Copies without it are refused, and uploads in parts always: they cannot be begun.
    /// Amazon S3 and SeaweedFS 4.48: as with the other one.
    RequireEncryptionHeader,
}

impl BucketRule {
    /// What cannot be in one policy with it: together they would refuse everything.
    fn rival(self) -> Option<Self> {
        match self {
            Self::RequireSseC => Some(Self::RefuseSseC),
            Self::RefuseSseC => Some(Self::RequireSseC),
            _ => None,
        }
    }

    fn sids(self) -> &'static [&'static str] {
        match self {
            Self::RequireSseC => &[WITHOUT_SSE_C, OTHER_ALGORITHMS],
            Self::RefuseSseC => &[WITH_SSE_C],
            Self::RequireTls => &[WITHOUT_TLS, UNKNOWN_TRANSPORT],
            Self::ForceEncryptionHeader => &[OTHER_ENCRYPTION],
            Self::RequireEncryptionHeader => &[WITHOUT_HEADER],
        }
    }

    /// Which statements of an existing policy it takes the place of.
    fn replaced(self) -> impl Iterator<Item = &'static str> {
        let rival = self.rival().map(Self::sids).unwrap_or_default();
        self.sids().iter().chain(rival).copied()
    }

    /// One for each `Sid`.
    fn statements(self, arn: &str) -> Vec<Value> {
        let (objects, everything) = (json!(format!("{arn}/*")), json!([arn, format!("{arn}/*")]));
        let uploads = |sid, condition: Value| deny(sid, "s3:PutObject", &objects, &condition);
        let all = |sid, condition: Value| deny(sid, "s3:*", &everything, &condition);
        match self {
            Self::RequireSseC => vec![
                uploads(WITHOUT_SSE_C, json!({ "Null": { CUSTOMER_ALGORITHM: "true" } })),
                // By itself, `StringNotEquals` is about those without the header as well, but not on all servers.
                uploads(
                    OTHER_ALGORITHMS,
                    json!({
                        "Null": { CUSTOMER_ALGORITHM: "false" },
                        "StringNotEquals": { CUSTOMER_ALGORITHM: ALGORITHM },
                    }),
                ),
            ],
            Self::RefuseSseC => {
                vec![uploads(WITH_SSE_C, json!({ "Null": { CUSTOMER_ALGORITHM: "false" } }))]
            }
            // Not `BoolIfExists`, which would be one statement for both: not all servers know it.
            Self::RequireTls => vec![
                all(WITHOUT_TLS, json!({ "Bool": { SECURE_TRANSPORT: "false" } })),
                all(UNKNOWN_TRANSPORT, json!({ "Null": { SECURE_TRANSPORT: "true" } })),
            ],
            Self::ForceEncryptionHeader => {
                vec![uploads(
                    OTHER_ENCRYPTION,
                    json!({ "StringNotEquals": { ENCRYPTION: ALGORITHM } }),
                )]
            }
            Self::RequireEncryptionHeader => {
                vec![uploads(WITHOUT_HEADER, json!({ "Null": { ENCRYPTION: "true" } }))]
            }
        }
    }
}

/// A partition of AWS: what the ARNs of its buckets begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Partition {
    /// `aws`.
    #[default]
    Aws,
    /// `aws-cn`: the regions in China.
    AwsCn,
    /// `aws-us-gov`: AWS GovCloud (US).
    AwsUsGov,
}

impl Partition {
    /// As ARNs say it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }
}

fn deny(sid: &str, action: &str, resource: &Value, condition: &Value) -> Value {
    json!({
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    })
}

/// Old buckets may have capitals, underscores and long names. Nothing in them is a wildcard, or ends the name.
fn check_name(bucket: &str) -> Result<()> {
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let is_name = SHORTEST <= bucket.len()
        && bucket.len() <= LONGEST
        && bucket.bytes().all(is_of_a_name)
        && bucket.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !is_name {
        return Err(Error::invalid_input(format!("{bucket:?} cannot be the name of a bucket")));
    }
    if bucket.ends_with("--x-s3") {
        let message = format!("{bucket} is a directory bucket, which takes no customer keys");
        return Err(Error::invalid_input(message));
    }
    Ok(())
}

/// Of the language of policies.
const VERSION: &str = "2012-10-17";
const ALGORITHM: &str = "AES256";
const CUSTOMER_ALGORITHM: &str = "s3:x-amz-server-side-encryption-customer-algorithm";
const ENCRYPTION: &str = "s3:x-amz-server-side-encryption";
const SECURE_TRANSPORT: &str = "aws:SecureTransport";
const WITHOUT_SSE_C: &str = "DenyUploadsWithoutSseC";
const OTHER_ALGORITHMS: &str = "DenySseCWithOtherAlgorithms";
const WITH_SSE_C: &str = "DenyUploadsWithSseC";
const WITHOUT_TLS: &str = "DenyRequestsWithoutTls";
const UNKNOWN_TRANSPORT: &str = "DenyRequestsOfUnknownTransport";
/// As it was published.
const OTHER_ENCRYPTION: &str = "DenyUnEncryptedObjectUploads";
const WITHOUT_HEADER: &str = "DenyUploadsWithoutEncryptionHeader";
/// In bytes.
const SHORTEST: usize = 3;
const LONGEST: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [BucketRule; 5] = [
        BucketRule::RequireSseC,
        BucketRule::RefuseSseC,
        BucketRule::RequireTls,
        BucketRule::ForceEncryptionHeader,
        BucketRule::RequireEncryptionHeader,
    ];

    fn parsed(policy: &str) -> Value {
        serde_json::from_str(policy).expect("JSON")
    }

    fn sids(policy: &str) -> Vec<String> {
        let statements = parsed(policy)["Statement"].as_array().cloned().unwrap_or_default();
        statements.iter().filter_map(|one| one["Sid"].as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn a_customer_key_is_required_by_the_condition_that_aws_documents() -> Result<()> {
        let policy = BucketPolicy::new("backups", BucketRule::RequireSseC)?;
        let expected = json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "DenyUploadsWithoutSseC",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:PutObject",
                    "Resource": "arn:aws:s3:::backups/*",
                    "Condition": {
                        "Null": { "s3:x-amz-server-side-encryption-customer-algorithm": "true" },
                    },
                },
                {
                    "Sid": "DenySseCWithOtherAlgorithms",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:PutObject",
                    "Resource": "arn:aws:s3:::backups/*",
                    "Condition": {
                        "Null": { "s3:x-amz-server-side-encryption-customer-algorithm": "false" },
                        "StringNotEquals": {
                            "s3:x-amz-server-side-encryption-customer-algorithm": "AES256",
                        },
                    },
                },
            ],
        });
        assert_eq!(parsed(&policy.to_json()), expected);
        Ok(())
    }

    #[test]
    fn the_published_policy_is_corrected_in_its_version_alone() -> Result<()> {
        let policy = BucketPolicy::new("testfile2", BucketRule::ForceEncryptionHeader)?.to_json();
        let policy = parsed(&policy);
        assert_eq!(policy["Version"], "2012-10-17");
        let statement = &policy["Statement"][0];
        assert_eq!(statement["Sid"], "DenyUnEncryptedObjectUploads");
        assert_eq!(statement["Action"], "s3:PutObject");
        assert_eq!(statement["Resource"], "arn:aws:s3:::testfile2/*");
        let condition =
            json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption": "AES256" } });
        assert_eq!(statement["Condition"], condition);
        Ok(())
    }

    #[test]
    fn tls_is_required_of_the_bucket_and_of_its_objects() -> Result<()> {
        let policy = BucketPolicy::new("backups", BucketRule::RequireTls)?;
        let policy = parsed(&policy.partition(Partition::AwsUsGov).to_json());
        let conditions = [
            json!({ "Bool": { "aws:SecureTransport": "false" } }),
            json!({ "Null": { "aws:SecureTransport": "true" } }),
        ];
        for (place, condition) in conditions.into_iter().enumerate() {
            let statement = &policy["Statement"][place];
            assert_eq!(statement["Action"], "s3:*");
            let resources = json!(["arn:aws-us-gov:s3:::backups", "arn:aws-us-gov:s3:::backups/*"]);
            assert_eq!(statement["Resource"], resources);
            assert_eq!(statement["Condition"], condition);
        }
        Ok(())
    }

    #[test]
    fn every_rule_only_denies_by_statements_of_its_own() -> Result<()> {
        let mut seen = Vec::<&str>::new();
        for rule in ALL {
            let policy = BucketPolicy::new("backups", rule)?.to_json();
            assert_eq!(sids(&policy), rule.sids(), "{rule:?}");
            for statement in parsed(&policy)["Statement"].as_array().expect("statements") {
                assert_eq!(statement["Effect"], "Deny", "{rule:?}");
                assert_eq!(statement["Principal"], "*", "{rule:?}");
                assert!(statement["Condition"].is_object(), "{rule:?} denies everything");
            }
            seen.extend(rule.sids());
        }
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
        // AWS takes no others.
        assert!(seen.iter().all(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric())));
        Ok(())
    }

    #[test]
    fn rules_add_up_once_and_take_the_place_of_their_rivals() -> Result<()> {
        let policy = BucketPolicy::new("backups", BucketRule::RefuseSseC)?
            .with(BucketRule::RequireTls)
            .with(BucketRule::RequireSseC)
            .with(BucketRule::RequireTls);
        let expected = [
            "DenyUploadsWithoutSseC",
            "DenySseCWithOtherAlgorithms",
            "DenyRequestsWithoutTls",
            "DenyRequestsOfUnknownTransport",
        ];
        assert_eq!(sids(&policy.to_json()), expected);
        Ok(())
    }

    #[test]
    fn what_would_mean_something_else_in_an_arn_is_no_bucket() {
        for name in ["backups", "my.bucket-2", "Old_Bucket", &"x".repeat(255)] {
            assert!(BucketPolicy::new(name, BucketRule::RequireSseC).is_ok(), "{name}");
        }
        for name in [
            "",
            "ab",
            "*",
            "backups*",
            "back?ups",
            "backups/",
            "backups/*",
            "tenant:backups",
            "${aws:username}",
            "back ups",
            "backups\n",
            "b\u{fc}cher",
            "\"backups\"",
            "-backups",
            ".backups",
            "one--usw2-az1--x-s3",
            "arn:aws:s3:::backups",
            &"x".repeat(256),
        ] {
            let refused = BucketPolicy::new(name, BucketRule::RequireSseC);
            assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{name}");
        }
    }
}
