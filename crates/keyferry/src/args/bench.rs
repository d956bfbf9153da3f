//! `keyferry bench`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::kms::KmsGateway;

/// Measure how fast something is
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    Kms(BenchKms),
}

/// Measure how fast Alibaba Cloud KMS answers, as an instance or by the OpenAPI
///
/// One call is made over and over again by --concurrency callers at once; none is tried again. What fails is
/// counted, by its code, and does not stop the run. Percentiles are those of calls that succeeded, from the
/// call of the function to its result. KMS charges for calls, and a gateway that is busy with these is busy
/// for others.
///
/// A line for each period goes to standard error, the summary to standard output. Ctrl-C ends the run with
/// the summary. The exit code is 0 if at least one call succeeded.
#[derive(Debug, Args)]
pub(crate) struct BenchKms {
    /// The call
    #[arg(long, value_enum)]
    pub(crate) case: KmsCase,

    /// The id of the key, or alias/NAME
    #[arg(long, value_name = "ID")]
    pub(crate) key_id: Option<String>,

    /// The secret, for get-secret-value
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_name: Option<String>,

    /// Bytes to encrypt, to sign the hash of, or to get
    #[arg(long, value_name = "BYTES", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=LONGEST))]
    pub(crate) data_size: u32,

    /// That of the call; by default AES_GCM, RSA_PKCS1_SHA_256 for signatures, and RSAES_OAEP_SHA_256 for
    /// asymmetric-encrypt
    #[arg(long)]
    pub(crate) algorithm: Option<String>,

    /// The version of an asymmetric key. The OpenAPI wants to know it; if there is one alone, it is found
    #[arg(long, value_name = "ID")]
    pub(crate) key_version: Option<String>,

    /// What key pairs are made for
    #[arg(long, value_name = "SPEC", default_value = "RSA_2048")]
    pub(crate) key_pair_spec: String,

    /// How key pairs are written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) key_format: PairFormat,

    #[command(flatten)]
    pub(crate) gateway: KmsGateway,

    #[command(flatten)]
    pub(crate) load: Load,
}

/// How much is called, and how it is told.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// How many calls are made at once
    #[arg(long, value_name = "COUNT", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) concurrency: u16,

    /// How long to measure; "0.5" is possible
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = some_seconds)]
    pub(crate) duration: Duration,

    /// How often to tell how it goes
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = some_seconds)]
    pub(crate) period: Duration,

    /// How long to make calls before that, which do not count: they make connections
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub(crate) warm_up: Duration,

    /// One JSON object a line on standard output instead of text: one for each period, the summary last
    #[arg(long)]
    pub(crate) json: bool,
}

/// The calls, as one or both gateways have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KmsCase {
    Encrypt,
    Decrypt,
    /// Instances only
    AdvanceEncrypt,
    /// Instances only
    AdvanceDecrypt,
    /// OpenAPI only: an instance has "encrypt" for it
    AsymmetricEncrypt,
    /// OpenAPI only: an instance has "decrypt" for it
    AsymmetricDecrypt,
    /// OpenAPI only, back to the same key
    ReEncrypt,
    GenerateDataKey,
    /// OpenAPI only
    GenerateDataKeyWithoutPlaintext,
    /// Instances only
    AdvanceGenerateDataKey,
    /// Instances only
    GenerateDataKeyPair,
    /// Instances only
    GenerateDataKeyPairWithoutPlaintext,
    /// Instances only
    AdvanceGenerateDataKeyPair,
    /// Instances only
    AdvanceGenerateDataKeyPairWithoutPlaintext,
    Sign,
    Verify,
    GetPublicKey,
    /// Instances only
    GenerateRandom,
    GetSecretValue,
}

impl KmsCase {
    /// As it is said on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PairFormat {
    Der,
    #[default]
    Pem,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds =
        text.parse::<f64>().ok().and_then(|number| Duration::try_from_secs_f64(number).ok());
    seconds
        .filter(|time| *time <= LONGEST_TIME)
        .ok_or_else(|| "give seconds, a week at most".to_owned())
}

fn some_seconds(text: &str) -> Result<Duration, String> {
    let time = seconds(text)?;
    if time < SHORTEST_TIME { Err("give 0.01 seconds at least".to_owned()) } else { Ok(time) }
}

/// In bytes: what gateways take.
const LONGEST: i64 = 3 << 20;
const LONGEST_TIME: Duration = Duration::from_hours(7 * 24);
const SHORTEST_TIME: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds() {
        assert_eq!(some_seconds("600"), Ok(Duration::from_mins(10)));
        assert_eq!(some_seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("0"), Ok(Duration::ZERO));
        for text in ["", "-1", "NaN", "inf", "1e300", "604801", "1s"] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert!(some_seconds("0").is_err() && some_seconds("1e-9").is_err());
    }
}
