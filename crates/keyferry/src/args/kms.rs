//! `keyferry kms`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Pair;

/// Use keys and secrets of Alibaba Cloud KMS directly, and make and list keys
///
/// A ClientKey (--client-key) leads to the gateway of its instance, which uses keys and gets secrets. Without
/// one the OpenAPI is called, which also makes, describes and lists keys, with the access key that the
/// vendor's tools find: ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or a profile.
///
/// What is secret is read from a file or standard input, and goes to the file that --output names, which you
/// alone can read, or to standard output with "--output -". Anything else is text: ciphertexts and
/// signatures are base64.
#[derive(Debug, Args)]
pub(crate) struct Kms {
    #[command(subcommand)]
    pub(crate) command: KmsCommand,

    #[command(flatten)]
    pub(crate) gateway: KmsGateway,

    /// Say what was done as JSON objects, one a line, without what is secret: on standard output, or on
    /// standard error if that is where the result goes
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// The way to KMS.
#[derive(Debug, Args)]
pub(crate) struct KmsGateway {
    /// Where the instance or the OpenAPI is: a host or a URL
    #[arg(long, value_name = "HOST", global = true)]
    pub(crate) endpoint: Option<String>,

    /// Call the gateway of an instance with this ClientKey, a file from the console that you alone can read
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) client_key: Option<PathBuf>,

    /// Where the password of the ClientKey is, if not in ALIBABA_KMS_CLIENT_KEY_PASSWORD
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) password_file: Option<PathBuf>,

    /// The region of the OpenAPI; by default ALIBABA_CLOUD_REGION_ID or that of the profile
    #[arg(long, global = true)]
    pub(crate) region: Option<String>,

    /// The access key of this profile, whatever the environment has
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) profile: Option<String>,

    /// Trust the certificates in this file, in PEM, and no others: an instance has a CA of its own
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KmsCommand {
    /// Make a key, and print its id. OpenAPI only
    CreateKey(CreateKey),
    /// Show what is known of a key. OpenAPI only
    Describe {
        /// The id of the key, or alias/NAME
        key: String,
    },
    /// List the ids of all keys. OpenAPI only
    List,
    /// Encrypt a short text or a key, up to 6 KB, with a symmetric key
    ///
    /// For files there is "keyferry encrypt". The ciphertext says which key opens it.
    Encrypt(KmsEncrypt),
    /// Decrypt what "kms encrypt" or "kms generate-data-key" encrypted
    Decrypt(KmsDecrypt),
    /// Make a data key, encrypted with a symmetric key
    GenerateDataKey(GenerateDataKey),
    /// Sign a file with a private key of KMS. Only its hash is sent
    Sign(Sign),
    /// Verify a signature: exit code 5 if it is not one of this key and this file
    Verify(Verify),
    /// Print the public half of a key, in PEM
    GetPublicKey(GetPublicKey),
    /// Get the value of a secret
    GetSecretValue(GetSecretValue),
}

#[derive(Debug, Args)]
pub(crate) struct CreateKey {
    /// Such as Aliyun_AES_256, which is the default, RSA_2048 or EC_P256
    #[arg(long)]
    pub(crate) spec: Option<String>,

    /// What it is for, which the spec does not always say
    #[arg(long, value_enum)]
    pub(crate) usage: Option<Usage>,

    /// SOFTWARE or HSM
    #[arg(long, value_name = "LEVEL")]
    pub(crate) protection_level: Option<String>,

    /// The instance that it is to belong to
    #[arg(long, value_name = "ID")]
    pub(crate) instance: Option<String>,

    /// What people are to see
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,

    /// Have KMS make a new version after each so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) rotate_every: Option<u16>,

    /// A tag of the key
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) tag: Vec<Pair>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Usage {
    EncryptDecrypt,
    SignVerify,
}

#[derive(Debug, Args)]
pub(crate) struct KmsEncrypt {
    /// The id of the key, or alias/NAME
    pub(crate) key: String,

    /// What to encrypt; "-" or nothing is standard input
    pub(crate) file: Option<PathBuf>,

    /// Pair that must be given again to decrypt. KMS writes it into its logs
    #[arg(short, long = "context", value_name = "KEY=VALUE")]
    pub(crate) context: Vec<Pair>,

    /// Give it to KMS as text, and not in base64, for those who decrypt it as such. OpenAPI only
    #[arg(long)]
    pub(crate) text: bool,

    #[command(flatten)]
    pub(crate) results: Results,
}

#[derive(Debug, Args)]
pub(crate) struct KmsDecrypt {
    /// The ciphertext, in base64; "-" or nothing is standard input
    pub(crate) file: Option<PathBuf>,

    /// Refuse what another key than the one of this id has encrypted: the ciphertext chooses the key
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,

    /// Pair that it was encrypted with
    #[arg(short, long = "context", value_name = "KEY=VALUE")]
    pub(crate) context: Vec<Pair>,

    /// Take what KMS decrypts as text, and not as base64. OpenAPI only
    #[arg(long)]
    pub(crate) text: bool,

    #[command(flatten)]
    pub(crate) secret: Secret,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateDataKey {
    /// The id of the symmetric key, or alias/NAME
    pub(crate) key: String,

    /// How long the data key is to be
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) bytes: u32,

    /// Pair that must be given again to decrypt. KMS writes it into its logs
    #[arg(short, long = "context", value_name = "KEY=VALUE")]
    pub(crate) context: Vec<Pair>,

    /// Where the data key itself is to go, which is not asked for otherwise: a file, or "-"
    #[arg(long, value_name = "FILE")]
    pub(crate) plaintext_output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) results: Results,
}

/// What is signed, and how.
#[derive(Debug, Args)]
pub(crate) struct Signed {
    /// The id of the key, or alias/NAME
    pub(crate) key: String,

    /// What is signed; "-" or nothing is standard input
    pub(crate) file: Option<PathBuf>,

    /// RSA_PSS_SHA_256, RSA_PKCS1_SHA_256 or ECDSA_SHA_256
    #[arg(long)]
    pub(crate) algorithm: String,

    /// The version of the key. The OpenAPI wants to know it; if there is one alone, it is found
    #[arg(long, value_name = "ID")]
    pub(crate) key_version: Option<String>,

    /// The file holds the hash already, as bytes
    #[arg(long)]
    pub(crate) digest: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sign {
    #[command(flatten)]
    pub(crate) signed: Signed,

    #[command(flatten)]
    pub(crate) results: Results,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) signed: Signed,

    /// The signature, in base64
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct GetPublicKey {
    /// The id of the key, or alias/NAME
    pub(crate) key: String,

    /// The version of the key. The OpenAPI wants to know it; if there is one alone, it is found
    #[arg(long, value_name = "ID")]
    pub(crate) key_version: Option<String>,

    #[command(flatten)]
    pub(crate) results: Results,
}

#[derive(Debug, Args)]
pub(crate) struct GetSecretValue {
    /// The name of the secret
    pub(crate) name: String,

    /// The version; by default the current one
    #[arg(long, value_name = "ID", conflicts_with = "version_stage")]
    pub(crate) version: Option<String>,

    /// The version in this stage, such as ACSPrevious
    #[arg(long, value_name = "STAGE")]
    pub(crate) version_stage: Option<String>,

    #[command(flatten)]
    pub(crate) secret: Secret,
}

/// Where a result goes.
#[derive(Debug, Args)]
pub(crate) struct Results {
    /// The file for the result; by default it goes to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Replace files that exist
    #[arg(short, long)]
    pub(crate) force: bool,
}

/// Where a secret goes.
#[derive(Debug, Args)]
pub(crate) struct Secret {
    /// The file for it, which you alone can read; "-" is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// Replace a file that exists
    #[arg(short, long)]
    pub(crate) force: bool,
}
