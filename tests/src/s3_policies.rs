//! Buckets with a policy, and what can be done with them.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope_s3_sse_c::{
    BucketPolicy, BucketRule, SseCError, SseCErrorKind, SseCUploads, SseCustomerKey,
};
use serde_json::{Value, json};

use crate::{
    s3_servers::{S3Answer, S3Client, S3Endpoint},
    s3_sse_c::Bucket,
    vectors::Result,
};

/// A bucket, with boto3 as its client.
#[derive(Debug)]
pub struct PolicedBucket {
    client: S3Client,
    name: String,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests make their own")]
pub enum Upload {
    /// An object, in one piece.
    Object(Encryption),
    /// An object, in parts. Each request has the customer key, if there is one; the header for a key of the server
    /// goes with the one that begins.
    Parts(Encryption),
    /// The same, but the request that completes it does not name the customer key.
    PartsCompletedWithoutKey,
    /// A copy of an object in plain.
    Copy(Encryption),
}

/// What a request says of encryption.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests make their own")]
pub enum Encryption {
    /// Nothing.
    Plain,
    /// That it is by a customer key.
    CustomerKey,
    /// That it is by a key of the server: `x-amz-server-side-encryption: AES256`.
    Header,
    /// The same with another value.
    OtherHeader,
    /// By both.
    CustomerKeyAndHeader,
}

/// What a server makes of the setting that blocks customer keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests compare it")]
pub struct Setting {
    /// What a new bucket says.
    pub before: Result<Option<SseCUploads>, SseCErrorKind>,
    /// Whether it is set.
    pub set: Result<(), SseCErrorKind>,
    /// What the bucket says then.
    pub after: Result<Option<SseCUploads>, SseCErrorKind>,
    /// Whether an object is taken then.
    pub upload: Result<(), SseCErrorKind>,
}

impl Setting {
    /// Has a server block customer keys in a bucket.
    ///
    /// # Errors
    ///
    /// If something fails that does not have to do with it.
    pub async fn block(bucket: &Bucket<'_>) -> Result<Self> {
        let (client, name) = (bucket.world.client(), bucket.name.as_str());
        let before = kind(SseCUploads::of(client, name).await)?;
        let set = kind(SseCUploads::Blocked.set(client, name).await)?;
        let after = kind(SseCUploads::of(client, name).await)?;
        let upload = kind(bucket.put(NEW, TEXT, &SseCustomerKey::from_bytes(&KEY[..])?).await)?;
        Ok(Self { before, set, after, upload })
    }
}

impl PolicedBucket {
    /// A new one under a policy of these rules.
    ///
    /// # Errors
    ///
    /// If the server does not take it.
    pub fn create(server: &S3Endpoint, name: &str, rules: &[BucketRule]) -> Result<Self> {
        let mut bucket = Self { client: S3Client::start(server)?, name: name.to_owned() };
        bucket.done("create_bucket", &json!({}))?;
        bucket.done("put_object", &json!({ "Key": OLD, "Body": body() }))?;
        let policy = policy(name, rules)?.to_json();
        bucket.done("put_bucket_policy", &json!({ "Policy": policy }))?;
        Ok(bucket)
    }

    /// The same seen by another client.
    ///
    /// # Errors
    ///
    /// If that does not start.
    pub fn seen_from(&self, server: &S3Endpoint) -> Result<Self> {
        Ok(Self { client: S3Client::start(server)?, name: self.name.clone() })
    }

    /// Merges more rules into the policy that the server has by now, and has it take the result.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn add(&mut self, rules: &[BucketRule]) -> Result<()> {
        let policy = policy(&self.name, rules)?.merged_into(&self.policy()?)?;
        self.done("put_bucket_policy", &json!({ "Policy": policy }))?;
        Ok(())
    }

    /// The `Sid` of each statement.
    ///
    /// # Errors
    ///
    /// If the server has no policy.
    pub fn sids(&mut self) -> Result<Vec<String>> {
        let policy: Value = serde_json::from_str(&self.policy()?)?;
        let statements = policy["Statement"].as_array().ok_or("no statements")?;
        Ok(statements.iter().filter_map(|one| one["Sid"].as_str().map(str::to_owned)).collect())
    }

    /// What the server answers to an upload: a status of HTTP.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub fn upload(&mut self, upload: Upload) -> Result<u64> {
        let answer = match upload {
            Upload::Object(encryption) => {
                self.ask("put_object", json!({ "Key": NEW, "Body": body() }), Some(encryption))
            }
            Upload::Parts(encryption) => {
                self.ask("multipart", json!({ "Key": NEW, "Parts": [body()] }), Some(encryption))
            }
            Upload::PartsCompletedWithoutKey => self.complete_without_key(),
            Upload::Copy(encryption) => {
                let source = json!({ "Bucket": self.name, "Key": OLD });
                let copy = json!({ "Key": NEW, "CopySource": source });
                self.ask("copy_object", copy, Some(encryption))
            }
        };
        Ok(answer?.status)
    }

    /// What the server answers to whoever reads an object in plain: a status of HTTP.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub fn read(&mut self) -> Result<u64> {
        Ok(self.ask("get_object", json!({ "Key": OLD }), None)?.status)
    }

    fn policy(&mut self) -> Result<String> {
        let answer = self.done("get_bucket_policy", &json!({}))?;
        Ok(answer.content["Policy"].as_str().ok_or("no policy")?.to_owned())
    }

    fn complete_without_key(&mut self) -> Result<S3Answer> {
        let with_key = Some(Encryption::CustomerKey);
        let created = self.ask("create_multipart_upload", json!({ "Key": NEW }), with_key)?;
        let id = &created.content["UploadId"];
        let part = json!({ "Key": NEW, "UploadId": id, "PartNumber": 1, "Body": body() });
        let tag = self.ask("upload_part", part, with_key)?.content["ETag"].take();
        let parts = json!({ "Parts": [{ "PartNumber": 1, "ETag": tag }] });
        let complete = json!({ "Key": NEW, "UploadId": id, "MultipartUpload": parts });
        self.ask("complete_multipart_upload", complete, None)
    }

    fn done(&mut self, call: &str, arguments: &Value) -> Result<S3Answer> {
        let answer = self.ask(call, arguments.clone(), None)?;
        if answer.code.is_none() {
            Ok(answer)
        } else {
            Err(format!("{call} of {}: {answer:?}", self.name).into())
        }
    }

    fn ask(
        &mut self,
        call: &str,
        mut arguments: Value,
        encryption: Option<Encryption>,
    ) -> Result<S3Answer> {
        let encryption = encryption.unwrap_or(Encryption::Plain);
        arguments["Bucket"] = self.name.as_str().into();
        if let Some(value) = encryption.header() {
            arguments["ServerSideEncryption"] = value.into();
        }
        let key = encryption.has_key().then(|| BASE64.encode(KEY));
        self.client.ask(&json!({ "call": call, "arguments": arguments, "key": key }))
    }
}

impl Encryption {
    fn has_key(self) -> bool {
        matches!(self, Self::CustomerKey | Self::CustomerKeyAndHeader)
    }

    fn header(self) -> Option<&'static str> {
        match self {
            Self::Plain | Self::CustomerKey => None,
            Self::Header | Self::CustomerKeyAndHeader => Some("AES256"),
            Self::OtherHeader => Some("aws:kms"),
        }
    }
}

/// What went well, or the kind of an error that must be one of ours.
fn kind<T>(outcome: crypto_envelope::Result<T>) -> Result<Result<T, SseCErrorKind>> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(error) => Ok(Err(SseCError::kind_in(&error).ok_or(error)?)),
    }
}

fn policy(bucket: &str, rules: &[BucketRule]) -> Result<BucketPolicy> {
    let (first, rest) = rules.split_first().ok_or("no rules")?;
    Ok(rest.iter().fold(BucketPolicy::new(bucket, *first)?, |policy, rule| policy.with(*rule)))
}

fn body() -> Value {
    json!({ "base64": BASE64.encode(TEXT) })
}

/// What the objects hold: a search in what a server has stored finds it if it is not encrypted.
pub const TEXT: &[u8] = b"found where nothing is encrypted";

const KEY: &[u8; 32] = b"0123456789ABCDEF0123456789ABCDEF";
/// Objects: one that was there before the policy, and the one that is uploaded.
const OLD: &str = "old";
const NEW: &str = "new";
