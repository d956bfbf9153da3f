//! Whether a bucket takes customer keys, where that is a setting of it.

use std::time::Duration;

use aws_sdk_s3::types::{
    BlockedEncryptionTypes, EncryptionType, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use crypto_envelope::{Error, Result};

use crate::{
    ObjectPlace, SseCClient, SseCError, SseCErrorKind,
    s3::{calls::send, error::About},
};

/// Whether a bucket takes uploads with customer keys: a setting of Amazon S3, beside the policy of the bucket. What was
/// uploaded before can be read in any case.
///
/// Since April 2026 new buckets there block them, and so do the old ones of accounts that had no such objects; whoever
/// uploads with customer keys has to allow them. Other servers do not know the setting.
///
/// ```no_run
/// use crypto_envelope_s3_sse_c::{SseCClient, SseCUploads};
///
/// # async fn example(client: SseCClient) -> crypto_envelope::Result<()> {
/// if SseCUploads::of(&client, "backups").await? == Some(SseCUploads::Blocked) {
///     SseCUploads::Allowed.set(&client, "backups").await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SseCUploads {
    /// They are taken.
    Allowed,
    /// They are refused with `AccessDenied`.
    Blocked,
}

impl SseCUploads {
    /// What the bucket says. None if it says nothing: most servers take customer keys then, if they know of any.
    ///
    /// Needs `s3:GetEncryptionConfiguration`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] with a [`SseCError`]. Its kind is [`SseCErrorKind::Unsupported`] for a
    /// server that has no encryption by default.
    pub async fn of(client: &SseCClient, bucket: &str) -> Result<Option<Self>> {
        Ok(Self::in_rules(&rules_of(client, bucket).await?))
    }

    /// Sets it, unless it is set already. What else the bucket says of encryption stays as it is, as far as the AWS SDK
    /// knows it; what somebody else sets at the same time may get lost. The answer comes when the bucket says so:
    /// until S3 minds it everywhere may take some minutes.
    ///
    /// Needs `s3:GetEncryptionConfiguration` and `s3:PutEncryptionConfiguration`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] with a [`SseCError`]. Its kind is [`SseCErrorKind::Unsupported`] for a
    /// server that does not know the setting, also if it only pretends to have set it.
    pub async fn set(self, client: &SseCClient, bucket: &str) -> Result<()> {
        let mut rules = rules_of(client, bucket).await?;
        let before = Self::in_rules(&rules);
        if before == Some(self) {
            return Ok(());
        }
        if rules.is_empty() {
            // A rule to set it in would also choose how all other objects are encrypted.
            let finding = "the bucket has no encryption by default in which it could be set";
            return Err(unknown(bucket, finding).into());
        }
        for rule in &mut rules {
            self.set_in(rule);
        }
        write(client, bucket, rules).await?;
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            let after = Self::of(client, bucket).await?;
            // Nothing blocked may be said by saying nothing.
            let is_unblocked = self == Self::Allowed && before.is_some() && after.is_none();
            if after == Some(self) || is_unblocked {
                return Ok(());
            }
        }
        let finding =
            "the server took the setting, but does not have it: it does not know it, or is slow";
        Err(unknown(bucket, finding).into())
    }

    /// One rule that blocks is enough.
    fn in_rules(rules: &[ServerSideEncryptionRule]) -> Option<Self> {
        let types = rules.iter().filter_map(|rule| rule.blocked_encryption_types.as_ref());
        types.map(Self::in_types).reduce(|one, other| match one {
            Self::Blocked => one,
            Self::Allowed => other,
        })
    }

    fn in_types(types: &BlockedEncryptionTypes) -> Self {
        let is_blocked = types.encryption_type().contains(&EncryptionType::SseC);
        if is_blocked { Self::Blocked } else { Self::Allowed }
    }

    /// Other types that are blocked stay so.
    fn set_in(self, rule: &mut ServerSideEncryptionRule) {
        let types = rule.blocked_encryption_types.take();
        let mut types = types.and_then(|types| types.encryption_type).unwrap_or_default();
        types.retain(|one| !matches!(one, EncryptionType::SseC | EncryptionType::None));
        match self {
            Self::Blocked => types.push(EncryptionType::SseC),
            Self::Allowed if types.is_empty() => types.push(EncryptionType::None),
            Self::Allowed => {}
        }
        let types = BlockedEncryptionTypes::builder().set_encryption_type(Some(types));
        rule.blocked_encryption_types = Some(types.build());
    }
}

/// None if the bucket has no encryption by default.
async fn rules_of(client: &SseCClient, bucket: &str) -> Result<Vec<ServerSideEncryptionRule>> {
    if bucket.is_empty() {
        return Err(Error::invalid_input("the name of the bucket is empty"));
    }
    let request = client.s3().get_bucket_encryption().bucket(bucket);
    match send!(client, &about(GET, bucket), request).await {
        Ok(answer) => Ok(answer
            .output
            .server_side_encryption_configuration
            .map(|all| all.rules)
            .unwrap_or_default()),
        Err(error) if error.code() == Some("ServerSideEncryptionConfigurationNotFoundError") => {
            Ok(Vec::new())
        }
        // Ceph lists the objects of the bucket.
        Err(error) if error.status() == Some(200) => {
            let finding = "the server does not know what was asked for, and answers something else";
            Err(error.found_out(SseCErrorKind::Unsupported, finding).into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn write(
    client: &SseCClient,
    bucket: &str,
    rules: Vec<ServerSideEncryptionRule>,
) -> Result<()> {
    let all = ServerSideEncryptionConfiguration::builder().set_rules(Some(rules)).build();
    let all = all.expect("rules are all that it needs");
    let put = client.s3().put_bucket_encryption().bucket(bucket);
    let request = put.server_side_encryption_configuration(all);
    match send!(client, &about(PUT, bucket), request).await {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.code(), Some("InvalidArgument" | "MalformedXML")) => {
            let finding = "the server does not know the setting";
            Err(error.found_out(SseCErrorKind::Unsupported, finding).into())
        }
        Err(error) => Err(error.into()),
    }
}

fn unknown(bucket: &str, finding: &str) -> SseCError {
    SseCError::found(about(PUT, bucket), SseCErrorKind::Unsupported, finding)
}

fn about(operation: &'static str, bucket: &str) -> About {
    ObjectPlace::new(bucket, "").about(operation)
}

const GET: &str = "GetBucketEncryption";
const PUT: &str = "PutBucketEncryption";
/// What is set does not always show at once.
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1500),
];

#[cfg(test)]
mod tests {
    use aws_sdk_s3::{
        Client,
        config::{
            BehaviorVersion, Config, Credentials, Region, RequestChecksumCalculation,
            retry::RetryConfig,
        },
    };
    use crypto_envelope::{blocking, service};
    use crypto_envelope_testkit::canned::{CannedServer, answer};

    use super::*;

    fn client(server: &CannedServer) -> SseCClient {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("id", "none", None, None, "test"))
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .retry_config(RetryConfig::disabled())
            .endpoint_url(server.endpoint())
            .force_path_style(true);
        SseCClient::from_client(Client::from_conf(config.build()))
    }

    /// What a server says of a bucket, with these types in its second rule.
    fn says(types: &str) -> Vec<u8> {
        let body = format!(
            "<ServerSideEncryptionConfiguration>{FIRST}{SECOND}{types}</Rule></ServerSideEncryptionConfiguration>"
        );
        answer(200, "Content-Type: application/xml\r\n", &body)
    }

    fn refuses(status: u16, code: &str) -> Vec<u8> {
        answer(status, "", &format!("<Error><Code>{code}</Code><Message>no</Message></Error>"))
    }

    fn done() -> Vec<u8> {
        answer(200, "", "")
    }

    fn reads(server: &CannedServer) -> Result<Option<SseCUploads>> {
        let client = client(server);
        blocking::wait(service::run(async move { SseCUploads::of(&client, "backups").await }))?
    }

    fn sets(server: &CannedServer, to: SseCUploads) -> Result<()> {
        let client = client(server);
        blocking::wait(service::run(async move { to.set(&client, "backups").await }))?
    }

    fn kind<T: std::fmt::Debug>(refused: Result<T>) -> Option<SseCErrorKind> {
        SseCError::kind_in(&refused.expect_err("it did not fail"))
    }

    #[test]
    fn what_the_bucket_says_is_read() -> Result<()> {
        for (types, expected) in [
            (BLOCKED, Some(SseCUploads::Blocked)),
            (NOTHING_BLOCKED, Some(SseCUploads::Allowed)),
            (OTHER_BLOCKED, Some(SseCUploads::Allowed)),
            ("", None),
        ] {
            let server = CannedServer::start(vec![says(types)])?;
            assert_eq!(reads(&server)?, expected, "{types}");
        }
        let none = refuses(404, "ServerSideEncryptionConfigurationNotFoundError");
        let empty = answer(200, "", "<ServerSideEncryptionConfiguration/>");
        for answer in [none, empty] {
            assert_eq!(reads(&CannedServer::start(vec![answer])?)?, None);
        }
        Ok(())
    }

    #[test]
    fn all_else_is_written_as_it_was() -> Result<()> {
        for (to, before, written, after) in [
            (SseCUploads::Allowed, BLOCKED, NOTHING_BLOCKED, NOTHING_BLOCKED),
            (SseCUploads::Allowed, BLOCKED, NOTHING_BLOCKED, ""),
            (SseCUploads::Blocked, NOTHING_BLOCKED, BLOCKED, BLOCKED),
            (SseCUploads::Blocked, "", BLOCKED, BLOCKED),
            (SseCUploads::Blocked, OTHER_BLOCKED, BOTH_BLOCKED, BOTH_BLOCKED),
            (SseCUploads::Allowed, BOTH_BLOCKED, OTHER_BLOCKED, OTHER_BLOCKED),
        ] {
            let server = CannedServer::start(vec![says(before), done(), says(after)])?;
            sets(&server, to)?;
            let requests = server.requests();
            assert_eq!(requests.len(), 3);
            let put = &requests[1];
            assert!(put.starts_with("PUT /backups/?encryption"), "{put}");
            let by_default = "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
                <KMSMasterKeyID>key</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>";
            assert!(put.contains(by_default), "{put}");
            assert!(put.contains("<BucketKeyEnabled>true</BucketKeyEnabled>"), "{put}");
            assert!(put.contains(&format!("{written}</Rule></")), "{put}");
        }
        Ok(())
    }

    #[test]
    fn what_is_set_already_is_not_written() -> Result<()> {
        let server = CannedServer::start(vec![says(BLOCKED)])?;
        sets(&server, SseCUploads::Blocked)?;
        assert_eq!(server.requests().len(), 1);
        Ok(())
    }

    #[test]
    fn what_shows_late_is_waited_for() -> Result<()> {
        let answers = vec![says(NOTHING_BLOCKED), done(), says(NOTHING_BLOCKED), says(BLOCKED)];
        sets(&CannedServer::start(answers)?, SseCUploads::Blocked)
    }

    #[test]
    fn servers_that_do_not_know_it_are_told_apart() -> Result<()> {
        let none = || refuses(404, "ServerSideEncryptionConfigurationNotFoundError");
        for (answers, expected) in [
            (vec![none()], SseCErrorKind::Unsupported),
            (vec![refuses(501, "NotImplemented")], SseCErrorKind::Unsupported),
            (vec![says(""), refuses(400, "MalformedXML")], SseCErrorKind::Unsupported),
            (vec![says(""), refuses(400, "InvalidArgument")], SseCErrorKind::Unsupported),
            (vec![says(""), refuses(501, "NotImplemented")], SseCErrorKind::Unsupported),
            (vec![refuses(403, "AccessDenied")], SseCErrorKind::Denied),
            (vec![says(""), refuses(403, "AccessDenied")], SseCErrorKind::Denied),
            (vec![refuses(404, "NoSuchBucket")], SseCErrorKind::NotFound),
            (vec![says(""), refuses(503, "SlowDown")], SseCErrorKind::Throttled),
            (vec![says(""), done(), refuses(403, "AccessDenied")], SseCErrorKind::Denied),
        ] {
            let server = CannedServer::start(answers)?;
            assert_eq!(kind(sets(&server, SseCUploads::Blocked)), Some(expected));
        }
        Ok(())
    }

    #[test]
    fn a_server_that_only_pretends_is_not_believed() -> Result<()> {
        let ignored = || vec![says(""), done(), says(""), says(""), says(""), says("")];
        for to in [SseCUploads::Blocked, SseCUploads::Allowed] {
            let error = sets(&CannedServer::start(ignored())?, to).expect_err("it has not set it");
            assert_eq!(SseCError::kind_in(&error), Some(SseCErrorKind::Unsupported));
            let text = error.to_string();
            assert!(text.starts_with("PutBucketEncryption of s3://backups/"), "{text}");
        }
        Ok(())
    }

    #[test]
    fn a_bucket_has_a_name() -> Result<()> {
        let server = CannedServer::start(Vec::new())?;
        let client = client(&server);
        let refused =
            blocking::wait(service::run(async move { SseCUploads::of(&client, "").await }))?;
        assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{refused:?}");
        Ok(())
    }

    const FIRST: &str = "<Rule><BucketKeyEnabled>false</BucketKeyEnabled></Rule>";
    const SECOND: &str = "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
        <KMSMasterKeyID>key</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>\
        <BucketKeyEnabled>true</BucketKeyEnabled>";
    const BLOCKED: &str =
        "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>";
    const NOTHING_BLOCKED: &str =
        "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes>";
    const OTHER_BLOCKED: &str =
        "<BlockedEncryptionTypes><EncryptionType>SSE-X</EncryptionType></BlockedEncryptionTypes>";
    const BOTH_BLOCKED: &str = "<BlockedEncryptionTypes><EncryptionType>SSE-X</EncryptionType>\
        <EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>";
}
