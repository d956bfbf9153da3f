//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use crypto_envelope::{AlgorithmSuite, CommitmentPolicy};

use crate::provider::ProviderSpec;

/// Encrypts and decrypts files on your own machine
///
/// Messages are in the format of the AWS Encryption SDK: every official SDK can read them, given
/// the key. Without --provider a key of your own is used, which keyferry makes on first use and
/// keeps in $XDG_DATA_HOME/keyferry (~/.local/share/keyferry). If you lose it, you lose the data.
///
/// Exit codes: 0 done, 1 internal or I/O error, 2 wrong usage, 4 denied by a key service or no
/// such key, 5 the data is not intact, 6 refused by policy, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "keyferry", version, max_term_width = 100)]
#[expect(clippy::doc_markdown, reason = "it is shown as it stands")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Encrypt(Encrypt),
    Decrypt(Decrypt),
    Inspect(Inspect),
}

/// Encrypt a file, or standard input
#[derive(Debug, Args)]
pub(crate) struct Encrypt {
    #[command(flatten)]
    pub(crate) common: Common,

    /// Algorithm suite. "signed" also proves who could encrypt, as opposed to who can decrypt, and
    /// is much slower
    #[arg(long, value_enum, default_value_t = Suite::Unsigned)]
    pub(crate) suite: Suite,

    /// Plaintext bytes in a frame, up to 64 MiB
    #[arg(long, value_name = "BYTES", default_value_t = 64 * 1024, value_parser = clap::value_parser!(u32).range(1..=LONGEST_FRAME))]
    pub(crate) frame_length: u32,
}

/// Decrypt a file, or standard input
///
/// A file appears only once all of it is verified. On standard output, frames of unsigned messages
/// come out as they are verified; signed messages are held until the signature is (64 MiB at most).
/// Only exit code 0 says that nothing is missing; see --buffer.
#[derive(Debug, Args)]
pub(crate) struct Decrypt {
    #[command(flatten)]
    pub(crate) common: Common,

    /// Write nothing to standard output before everything is verified; holds up to 1 GiB in memory
    #[arg(long)]
    pub(crate) buffer: bool,

    /// Which algorithm suites to accept: "require" those that commit to their key, or "allow" older
    /// ones too
    #[arg(long, value_enum, value_name = "POLICY", default_value_t = Commitment::Require)]
    pub(crate) commitment: Commitment,

    /// Refuse messages with more wrapped keys than this: each may cost a call to a key service
    #[arg(long, value_name = "COUNT", default_value_t = 16)]
    pub(crate) max_encrypted_data_keys: u16,
}

/// Show what a message says about itself, without a key and unverified
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The message; "-" or nothing is standard input
    #[arg(value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,

    /// One JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// What goes both ways.
#[derive(Debug, Args)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) files: Files,

    /// Where the key is: raw-aes:FILE[?namespace=NS&name=NAME&encoding=raw|hex|base64], or
    /// raw-rsa:PEM?name=NAME[&namespace=NS&padding=oaep-sha256|...]. Given several times, the first
    /// one makes the data key, all wrap it, and any of them decrypts. By default the local keys
    #[arg(short, long = "provider", value_name = "PROVIDER")]
    pub(crate) providers: Vec<ProviderSpec>,

    /// Pair of the encryption context, which is stored in clear: encrypting binds it to the data,
    /// decrypting demands that it is there. Can be given several times
    #[arg(short, long = "context", value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) context: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct Files {
    /// The file to read; "-" or nothing is standard input
    #[arg(value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,

    /// The file to write; "-" is standard output. By default FILE.encrypted and back, or standard
    /// output when reading standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Replace the output file if it exists
    #[arg(short, long)]
    pub(crate) force: bool,

    /// Say what was done as one JSON object on standard output, or on standard error if that is
    /// where the data goes
    #[arg(long)]
    pub(crate) json: bool,

    /// Say nothing when all went well, but for where a newly made key is
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Suite {
    /// AES-256-GCM with key commitment (0478)
    Unsigned,
    /// The same with an ECDSA P-384 signature (0578)
    Signed,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Commitment {
    /// Suites that commit to their key
    Require,
    /// All suites
    Allow,
}

impl From<Commitment> for CommitmentPolicy {
    fn from(commitment: Commitment) -> Self {
        match commitment {
            Commitment::Require => Self::RequireEncryptRequireDecrypt,
            Commitment::Allow => Self::RequireEncryptAllowDecrypt,
        }
    }
}

impl From<Suite> for AlgorithmSuite {
    fn from(suite: Suite) -> Self {
        match suite {
            Suite::Unsigned => Self::Aes256GcmHkdfSha512CommitKey,
            Suite::Signed => Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
        }
    }
}

/// What `decrypt` is ready to hold in memory.
const LONGEST_FRAME: i64 = 64 << 20;

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
