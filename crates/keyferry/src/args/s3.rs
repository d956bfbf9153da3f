//! Where S3 is, and the keys that go along.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use crate::{args::Pair, provider::ProviderSpec};

/// How buckets are reached. Who calls is found as the AWS tools do.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "as the options are called")]
pub(crate) struct S3Way {
    /// Region of the buckets of s3://BUCKET/KEY. By default as the AWS tools
    #[arg(long, value_name = "REGION")]
    pub(crate) s3_region: Option<String>,

    /// Connect to this server instead of AWS, such as Ceph: https://..., and http://... on this machine. By default
    /// AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL
    #[arg(long, value_name = "URL")]
    pub(crate) s3_endpoint: Option<String>,

    /// Let keys go over http without TLS to another machine, where everybody on the way can read them: for a
    /// stand-in of S3 in a network of one's own
    #[arg(long)]
    pub(crate) s3_danger_plain_http: bool,

    /// Profile of the AWS tools
    #[arg(long, value_name = "NAME")]
    pub(crate) s3_profile: Option<String>,

    /// Trust this CA, in PEM, beside those of the system. By default AWS_CA_BUNDLE
    #[arg(long, value_name = "FILE")]
    pub(crate) s3_ca: Option<PathBuf>,

    /// Also send x-amz-server-side-encryption: AES256 with what is written under a key, as the policies of some
    /// buckets on Ceph want. Amazon S3 refuses both together
    #[arg(long)]
    pub(crate) s3_aes256_header: bool,
}

/// How objects are reached, and what they are under.
#[derive(Debug, Args)]
pub(crate) struct S3Objects {
    #[command(flatten)]
    pub(crate) sse_c: SseC,

    #[command(flatten)]
    pub(crate) from: FromSseC,

    #[command(flatten)]
    pub(crate) way: S3Way,
}

/// The keys that objects are under, or will be.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("sse-c").multiple(false))]
#[expect(clippy::struct_field_names, reason = "as the options are called")]
pub(crate) struct SseC {
    /// Customer key of the objects, in a file that nobody else may read: 32 bytes, or one line of base64 or hex
    #[arg(long, value_name = "FILE", group = "sse-c")]
    pub(crate) sse_c_key_file: Option<PathBuf>,

    /// Customer keys from a key ring, which this key opens, as --provider has it. See keyferry s3 ring
    #[arg(long, value_name = "PROVIDER", group = "sse-c")]
    pub(crate) sse_c_provider: Option<ProviderSpec>,

    /// Objects in S3 under no customer key
    #[arg(long, group = "sse-c")]
    pub(crate) without_sse_c: bool,

    /// The key ring of --sse-c-provider: a file, or s3://BUCKET/KEY. By default
    /// s3://BUCKET/.crypto-envelope/sse-c-key-ring.json in the bucket of the object
    #[arg(long, value_name = "RING", requires = "sse_c_provider")]
    pub(crate) sse_c_ring: Option<PathBuf>,

    /// Refuse another key ring than that with this id
    #[arg(long, value_name = "ID", requires = "sse_c_provider")]
    pub(crate) sse_c_ring_id: Option<String>,

    /// Refuse a key ring whose newest epoch has a smaller number: one from before, that somebody put back
    #[arg(long, value_name = "N", requires = "sse_c_provider")]
    pub(crate) sse_c_ring_epoch: Option<u32>,
}

/// What objects are under before, if it is something else.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("from-sse-c").multiple(false))]
pub(crate) struct FromSseC {
    /// Customer key that the source is under now, if it is another one
    #[arg(long, value_name = "FILE", group = "from-sse-c")]
    pub(crate) from_sse_c_key_file: Option<PathBuf>,

    /// The source is under no customer key now
    #[arg(long, group = "from-sse-c")]
    pub(crate) from_without_sse_c: bool,
}

/// Which way copies go.
#[derive(Debug, Args)]
pub(crate) struct S3Copying {
    /// Which way the bytes of a copy inside of S3 go
    #[arg(long, value_enum, value_name = "WAY", default_value_t)]
    pub(crate) s3_copy: S3CopyWay,

    /// Replace objects in place although the server cannot be asked to do so only if nobody has changed them
    /// meanwhile. What others write at the same time is lost
    #[arg(long)]
    pub(crate) assume_no_writers: bool,
}

/// Names of the ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum S3CopyWay {
    /// On the server, if a test shows that it really changes keys; else through here
    #[default]
    Any,
    /// On the server alone
    Server,
    /// Through here: read, written, and read again to compare
    Here,
}

/// Put objects in S3 under another customer key, in place
///
/// Each s3://BUCKET/KEY stays what it is, with its metadata and tags, under the key of --sse-c-key-file, or under the
/// newest key of a ring. A server that can change keys does it; otherwise the bytes go through here, and are read
/// again. In a bucket with versions, the older versions stay under the older key.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
pub(crate) struct Rotate {
    /// The objects, as s3://BUCKET/KEY; with --recursive also s3://BUCKET/ or s3://BUCKET/FOLDER/
    #[arg(value_name = "OBJECT", required = true)]
    pub(crate) objects: Vec<PathBuf>,

    /// All objects whose names begin so
    #[arg(short, long)]
    pub(crate) recursive: bool,

    #[command(flatten)]
    pub(crate) s3: S3Objects,

    #[command(flatten)]
    pub(crate) copying: S3Copying,

    /// One JSON object for each object on standard output
    #[arg(long)]
    pub(crate) json: bool,

    /// Say nothing when all went well
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

/// Policies and key rings for objects in S3
#[derive(Debug, Subcommand)]
pub(crate) enum S3Command {
    Policy(S3Policy),
    #[command(subcommand)]
    Ring(S3Ring),
}

/// Print a bucket policy about encryption
///
/// It is set with: aws s3api put-bucket-policy --bucket BUCKET --policy file://POLICY. On Ceph 16 no policy can demand
/// customer keys: the rules require-sse-c and refuse-sse-c refuse all uploads there, and the others encrypt nothing.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
pub(crate) struct S3Policy {
    /// The name of the bucket
    pub(crate) bucket: String,

    /// What the policy does
    #[arg(long = "rule", value_enum, value_name = "RULE", required = true)]
    pub(crate) rules: Vec<S3Rule>,

    /// Partition of AWS that the bucket is in: aws, aws-cn or aws-us-gov
    #[arg(long, value_enum, value_name = "PARTITION", default_value_t)]
    pub(crate) partition: S3Partition,

    /// Add the rules to the policy in this file, and keep the rest of it
    #[arg(long, value_name = "FILE")]
    pub(crate) merge: Option<PathBuf>,
}

/// Names of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum S3Rule {
    /// Refuse uploads without a customer key
    RequireSseC,
    /// Refuse uploads with a customer key
    RefuseSseC,
    /// Refuse requests without TLS
    RequireTls,
    /// The published policy for Ceph: refuses another header than AES256, and lets uploads without any pass
    ForceEncryptionHeader,
    /// Refuse uploads without the header x-amz-server-side-encryption
    RequireEncryptionHeader,
}

/// Names of partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum S3Partition {
    /// Everywhere else
    #[default]
    Aws,
    /// China
    AwsCn,
    /// US Government
    AwsUsGov,
}

/// Key rings, from which the customer keys of objects are derived
///
/// A ring is a file, or an object s3://BUCKET/KEY. Keep a copy of it: without it no object opens.
#[derive(Debug, Subcommand)]
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
pub(crate) enum S3Ring {
    /// Make a ring
    Create {
        #[command(flatten)]
        ring: RingAccess,
        /// A bucket that it is for; several times for several
        #[arg(long = "bucket", value_name = "BUCKET", required = true)]
        buckets: Vec<String>,
    },
    /// Show what is in a ring
    Show {
        #[command(flatten)]
        ring: RingAccess,
    },
    /// Use a ring for another bucket
    AddBucket {
        #[command(flatten)]
        ring: RingAccess,
        /// The name of the bucket
        #[arg(value_name = "BUCKET")]
        bucket: String,
    },
    /// Add a root key, which new objects are under; then keyferry rotate moves the others
    Rotate {
        #[command(flatten)]
        ring: RingAccess,
    },
    /// Wrap all root keys by another key, such as that of another cloud
    Rewrap {
        #[command(flatten)]
        ring: RingAccess,
        /// The key that opens the ring from then on, as --provider has it
        #[arg(long, value_name = "PROVIDER")]
        to: ProviderSpec,
    },
    /// Look at all versions in all buckets of a ring: how many are under which root key
    Audit {
        #[command(flatten)]
        ring: RingAccess,
    },
    /// Throw away an older root key, if an audit shows that nothing is under it any more
    Retire {
        #[command(flatten)]
        ring: RingAccess,
        /// The number of the root key
        #[arg(value_name = "EPOCH")]
        epoch: u32,
    },
}

/// Which ring it is, and who opens it.
#[derive(Debug, Args)]
pub(crate) struct RingAccess {
    /// The ring: a file, or s3://BUCKET/KEY; s3://BUCKET/ has it under the usual name
    #[arg(value_name = "RING")]
    pub(crate) ring: PathBuf,

    /// The key that opens it, as --provider of keyferry encrypt has it
    #[arg(short, long, value_name = "PROVIDER")]
    pub(crate) provider: ProviderSpec,

    /// Pair of the encryption context that the root keys are bound to
    #[arg(short, long = "context", value_name = "KEY=VALUE")]
    pub(crate) context: Vec<Pair>,

    /// Refuse another ring than that with this id
    #[arg(long, value_name = "ID")]
    pub(crate) expect_id: Option<String>,

    /// Refuse a ring whose newest epoch has a smaller number: one from before, that somebody put back
    #[arg(long, value_name = "N")]
    pub(crate) expect_epoch: Option<u32>,

    /// JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) s3: S3Way,
}
