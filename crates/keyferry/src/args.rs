//! What can be said on the command line.

#[cfg_attr(not(feature = "alibaba-kms"), expect(dead_code, reason = "for keys in a service"))]
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
mod bench;
mod caching;
mod context;
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
mod copy;
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
mod cos;
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
mod files;
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
mod kms;
mod policy;
mod range;
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
mod s3;
mod transfer;

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

#[cfg(feature = "tencent-cos")]
pub(crate) use self::cos::CosDomainName;
#[cfg(all(test, feature = "tencent-cos"))]
pub(crate) use self::cos::{CARRIERS, FORMATS, WRITTEN_FORMATS};
#[cfg(feature = "s3-sse-c")]
pub(crate) use self::s3::{FromSseC, RingAccess, S3CopyWay, S3Partition, S3Policy, S3Ring, S3Rule};
pub(crate) use self::{
    bench::Bench,
    caching::Caching,
    context::{Expected, Pair},
    copy::Copy,
    cos::CosWay,
    files::{Files, Report},
    kms::Kms,
    policy::{Commitment, Suite},
    range::ByteRange,
    s3::{Rotate, S3Command, S3Copying, S3Objects, S3Way, SseC},
    transfer::Transfer,
};
#[cfg(feature = "alibaba-kms")]
pub(crate) use self::{
    bench::{BenchKms, KmsCase, Load, PairFormat},
    kms::{
        CreateKey, GenerateDataKey, GetPublicKey, GetSecretValue, KmsCommand, KmsDecrypt,
        KmsEncrypt, KmsGateway, Results, Secret, Sign, Signed, Usage, Verify,
    },
};
use crate::{bounds, local_keys::Purpose, provider::ProviderSpec};

/// Encrypts and decrypts files on your own machine
///
/// Messages are in the format of the AWS Encryption SDK: every official SDK can read them, given
/// the key. Without --provider a key of your own is used, which keyferry makes on first use and
/// keeps in $XDG_DATA_HOME/keyferry (~/.local/share/keyferry). If you lose it, you lose the data.
///
/// Exit codes: 0 done, 1 internal, I/O or network error, 2 wrong usage, 3 some files failed and others did
/// not, 4 denied by a key service, COS or S3, no such key or object, 5 the data is not intact, 6 refused by policy,
/// 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "keyferry", version, max_term_width = 100)]
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// For completions and manual pages.
    pub(crate) fn description() -> clap::Command {
        Self::command()
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Encrypt(Encrypt),
    Decrypt(Decrypt),
    Inspect(Inspect),
    Cp(Copy),
    Rotate(Rotate),
    #[command(subcommand)]
    S3(S3Command),
    #[command(subcommand)]
    Keys(Keys),
    Kms(Kms),
    #[command(subcommand)]
    Bench(Bench),
    Completions(Completions),
    Man(Man),
}

/// Encrypt files, folders, objects in COS or S3, or standard input
///
/// FILE becomes FILE.encrypted. Use --recursive for folders, and --output to put the results
/// somewhere else: cos://BUCKET/KEY or s3://BUCKET/KEY, or with FOLDER/ for several. A result gets its name only
/// once it is complete, so a run that was interrupted can be repeated with --skip-existing.
///
/// Of objects in S3 it has to be said what they are under there: --sse-c-key-file or --sse-c-provider, or
/// --without-sse-c. That is the target, and the source too unless --from-sse-c-key-file or --from-without-sse-c
/// says otherwise.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
pub(crate) struct Encrypt {
    #[command(flatten)]
    pub(crate) files: Files,

    #[command(flatten)]
    pub(crate) keys: WrappingKeys,

    /// Pair of the encryption context, which is stored in clear and bound to the data
    #[arg(short, long = "context", value_name = "KEY=VALUE")]
    pub(crate) context: Vec<Pair>,

    /// Key of a pair of --context that is bound to the data but not stored: whoever decrypts must
    /// know its value
    #[arg(long, value_name = "KEY")]
    pub(crate) required_context_key: Vec<String>,

    /// Algorithm suite: "unsigned" (0478), "signed" (0578), an id or an official name. "signed"
    /// also proves who could encrypt, as opposed to who can decrypt, and is much slower
    #[arg(long, default_value = "unsigned")]
    pub(crate) suite: Suite,

    /// Ask the key service less often: one data key for several files of this run
    ///
    /// max-age=SECONDS,max-messages=COUNT,max-bytes=BYTES: the smaller, the less is open to who gets
    /// hold of one data key. The age must be given. Standard input never has such a key
    #[arg(long, value_name = "THRESHOLDS", value_parser = Caching::to_encrypt)]
    pub(crate) caching: Option<Caching>,

    /// Plaintext bytes in a frame, up to 64 MiB
    #[arg(long, value_name = "BYTES", default_value_t = 64 * 1024, value_parser = clap::value_parser!(u32).range(1..=i64::from(bounds::LONGEST_FRAME)))]
    pub(crate) frame_length: u32,

    /// Format of new objects in COS. The others than "message" are for what the official SDKs for COS
    /// have to read, with keys of --provider cos-aes or cos-rsa; those that are called unauthenticated
    /// do not show whether somebody has changed the data
    #[arg(long, value_name = "FORMAT", default_value = "message", value_parser = cos::WRITTEN_FORMATS)]
    pub(crate) cos_format: String,
}

/// Decrypt files, folders, objects in COS or S3, or standard input
///
/// FILE.encrypted becomes FILE. A file or an object appears only once all of it is verified. On standard
/// output, frames of unsigned messages come out as they are verified; signed messages only once
/// their signature is. Only exit code 0 says that nothing is missing; see --buffer.
///
/// Of objects in S3 it has to be said what they are under there, as for keyferry encrypt.
#[derive(Debug, Args)]
pub(crate) struct Decrypt {
    #[command(flatten)]
    pub(crate) files: Files,

    #[command(flatten)]
    pub(crate) keys: WrappingKeys,

    /// Pair that must be in the encryption context, or the key alone if any value will do
    #[arg(short, long = "context", value_name = "KEY[=VALUE]")]
    pub(crate) context: Vec<Expected>,

    /// Key of a pair of --context that the message is bound to without storing it
    #[arg(long, value_name = "KEY")]
    pub(crate) required_context_key: Vec<String>,

    /// Ask the key service less often: one call for all files of this run that have the same wrapped
    /// keys and context
    ///
    /// max-age=SECONDS,capacity=COUNT: how long data keys stay in memory, which must be given, and how
    /// many
    #[arg(long, value_name = "THRESHOLDS", value_parser = Caching::to_decrypt)]
    pub(crate) caching: Option<Caching>,

    /// Hold up to 1 GiB in memory: nothing goes to standard output before everything is verified,
    /// and frames longer than 64 MiB can be read
    #[arg(long)]
    pub(crate) buffer: bool,

    /// Decrypt a part of one file, without reading all of it: A..B is from byte A, counted from 0,
    /// to before byte B; A.. is to the end; ..B is from the beginning; -N is the last N bytes.
    /// --output says where it goes
    #[arg(
        long,
        value_name = "RANGE",
        allow_hyphen_values = true,
        requires = "output",
        conflicts_with_all = ["decode", "recursive", "threads"]
    )]
    pub(crate) range: Option<ByteRange>,

    /// Read --range of a signed message as if it was not signed: who wrote it stays unchecked,
    /// since the signature is that of the whole message
    #[arg(long, requires = "range")]
    pub(crate) danger_ignore_signature: bool,

    /// Refuse signed messages right after their header
    #[arg(long)]
    pub(crate) unsigned_only: bool,

    /// Refuse messages with longer frames, or a longer body that is not framed
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_length: Option<u64>,

    /// Also read objects in COS of this format. By default "message" alone, since whoever can write
    /// the bucket could replace an object by one that does not show changes
    #[arg(long, value_name = "FORMAT", value_parser = cos::FORMATS)]
    pub(crate) cos_accept: Vec<String>,

    /// Also read objects in COS whose wrapped keys stand there. By default "metadata" alone
    #[arg(long, value_name = "CARRIER", value_parser = cos::CARRIERS)]
    pub(crate) cos_accept_carrier: Vec<String>,
}

/// Show what messages say about themselves, without a key and unverified
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Inspect {
    /// The messages: files, folders, patterns, cos://BUCKET/KEY, s3://BUCKET/KEY; "-" or nothing is
    /// standard input
    #[arg(value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Go through folders and what is below them. Links are not followed
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// Read the whole message: number of frames, exact lengths, whether it ends where it should,
    /// and whether a signature fits the key that the message itself names
    #[arg(long)]
    pub(crate) full: bool,

    /// The messages are base64
    #[arg(long)]
    pub(crate) decode: bool,

    /// One JSON object a line instead of text
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) sse_c: SseC,

    #[command(flatten)]
    pub(crate) s3: S3Way,

    #[command(flatten)]
    pub(crate) cos: CosWay,
}

/// The keys that keyferry made and keeps
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// List them; the one that encrypts is marked
    List {
        /// One JSON object a line instead of text
        #[arg(long)]
        json: bool,
    },
    /// Make a key
    Create {
        #[command(flatten)]
        purpose: KeyPurpose,
    },
    /// Copy a key into a file that you alone can read
    Export {
        /// The id, as "list" shows it
        id: String,
        /// The file; "-" is standard output. By default ID.key in this folder
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take in a key from a file that "export" wrote
    Import {
        /// The file
        file: PathBuf,
        /// The id of the key, if the file is not called ID.key
        #[arg(long)]
        id: Option<String>,
        #[command(flatten)]
        purpose: KeyPurpose,
    },
}

#[derive(Debug, Args)]
pub(crate) struct KeyPurpose {
    /// Encrypt with it from now on. The first key is used in any case
    #[arg(long)]
    default: bool,
}

impl From<&KeyPurpose> for Purpose {
    fn from(purpose: &KeyPurpose) -> Self {
        if purpose.default { Self::Default } else { Self::Decryption }
    }
}

/// Print completions for a shell
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Print the manual page, or write all pages into a folder
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
}

/// Who can open the message.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
pub(crate) struct WrappingKeys {
    /// Where the key is: raw-aes:FILE, raw-rsa:PEM, raw-ecdh:PEM, aws-kms:ARN, aws-kms:discovery, aws-kms-rsa:ARN,
    /// alibaba-kms:ID, alibaba-kms-rsa:ID, cos-aes:FILE or cos-rsa:PEM, and options, which --help lists. Given several times, the first
    /// one makes the data key, all wrap it, and any of them decrypts. By default the local keys
    ///
    /// raw-aes:FILE[?namespace=NS&name=NAME&encoding=raw|hex|base64]
    ///
    /// raw-rsa:PEM[?namespace=NS&name=NAME&padding=oaep-sha256|...]
    ///
    /// raw-ecdh:PEM[?peer=PEM]: a key on P-256, P-384 or P-521. Alone, the public key encrypts and the private
    /// one decrypts; with the public key of a peer, both of them do both
    ///
    /// aws-kms:ARN[?profile=NAME&endpoint=URL&grant-token=TOKEN,...&grant-token-file=FILE
    /// &multi-region=aware]: a key of AWS KMS, with the credentials of the AWS tools. To encrypt also the
    /// ARN of an alias, or alias/NAME or the id of a key[?region=REGION]
    ///
    /// aws-kms:discovery?accounts=ID,...[&partition=aws&key-regions=REGION,...&region=REGION&...]: decrypts
    /// with whatever keys of these accounts a message names. accounts=any is risky: whoever forges a
    /// message names a key of their own
    ///
    /// aws-kms-rsa:ARN[?padding=oaep-sha256|oaep-sha1&public-key=FILE&...]: an RSA key of AWS KMS. With
    /// the public key in a file, encrypting needs no AWS
    ///
    /// alibaba-kms:ID?endpoint=HOST&client-key=FILE[&password-file=FILE&ca=FILE
    /// &calls=advance|initial-version|kms-1.0]: a key of Alibaba Cloud KMS, by the gateway of its instance. The
    /// password of the ClientKey may be in ALIBABA_KMS_CLIENT_KEY_PASSWORD instead
    ///
    /// alibaba-kms:ID[?region=REGION|endpoint=HOST&profile=NAME&ca=FILE]: the same by the OpenAPI, with the
    /// access key of the vendor's tools
    ///
    /// alibaba-kms-rsa:ID?...[&version=ID&public-key=FILE]: an RSA key, by either way. With the public half of
    /// that version in a file, encrypting makes no call
    ///
    /// cos-aes:FILE[?wrapping=java|python-master-iv|danger-python-fixed&encoding=raw|hex|base64]: an AES key of
    /// the official SDKs for COS, for objects in COS alone. danger-python-fixed is what the released SDK for
    /// Python reads: who knows the data key of one object can compute those of all
    ///
    /// cos-rsa:PEM[?wrapping=python-oaep|java|java-bouncycastle|danger-python-pkcs1-v15
    /// &passphrase-file=FILE]: the same with an RSA key. Anybody who has the public key can make an object that
    /// opens
    #[arg(short, long = "provider", value_name = "PROVIDER")]
    pub(crate) providers: Vec<ProviderSpec>,

    /// Commitment policy: which algorithm suites are written and read
    #[arg(
        long,
        visible_alias = "commitment-policy",
        value_enum,
        value_name = "POLICY",
        default_value_t
    )]
    pub(crate) commitment: Commitment,

    /// Refuse messages with more wrapped keys than this: each may cost a call to a key service
    #[arg(long, value_name = "COUNT", default_value_t = bounds::MOST_ENCRYPTED_DATA_KEYS)]
    pub(crate) max_encrypted_data_keys: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::description().debug_assert();
    }
}
