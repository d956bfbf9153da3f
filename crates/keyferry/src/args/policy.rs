//! `--suite` and `--commitment`.

use std::str::FromStr;

use clap::ValueEnum;
use crypto_envelope::{AlgorithmSuite, CommitmentPolicy};

/// An algorithm suite, by a word, its id or its official name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suite(pub(crate) AlgorithmSuite);

impl FromStr for Suite {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let suite = match text {
            "unsigned" => Some(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey),
            "signed" => Some(AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384),
            _ => AlgorithmSuite::ALL
                .iter()
                .copied()
                .find(|suite| text == suite.name() || text == format!("{:04x}", suite.id())),
        };
        suite.map(Self).ok_or_else(|| {
            let ids = AlgorithmSuite::ALL.iter().map(|suite| format!("{:04x}, ", suite.id()));
            format!(
                "there are: unsigned, signed, {}and their official names",
                ids.collect::<String>()
            )
        })
    }
}

/// The commitment policies, with the names that `aws-encryption-cli` has for them too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Commitment {
    /// Only suites that commit to their key
    #[default]
    #[value(alias = "require-encrypt-require-decrypt")]
    Require,
    /// Reads older messages, too, which do not commit to their key
    #[value(alias = "require-encrypt-allow-decrypt")]
    Allow,
    /// Writes only messages that do not commit to their key, for readers that know nothing else
    DangerForbidEncryptAllowDecrypt,
}

impl From<Commitment> for CommitmentPolicy {
    fn from(commitment: Commitment) -> Self {
        match commitment {
            Commitment::Require => Self::RequireEncryptRequireDecrypt,
            Commitment::Allow => Self::RequireEncryptAllowDecrypt,
            Commitment::DangerForbidEncryptAllowDecrypt => Self::DangerForbidEncryptAllowDecrypt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_have_several_names() {
        let committing = Suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey);
        for name in ["unsigned", "0478", "AES_256_GCM_HKDF_SHA512_COMMIT_KEY"] {
            assert_eq!(name.parse(), Ok(committing));
        }
        for &suite in AlgorithmSuite::ALL {
            assert_eq!(suite.name().parse(), Ok(Suite(suite)));
            assert_eq!(format!("{:04x}", suite.id()).parse(), Ok(Suite(suite)));
        }
        assert!("478".parse::<Suite>().is_err_and(|error| error.contains("0478")));
    }
}
