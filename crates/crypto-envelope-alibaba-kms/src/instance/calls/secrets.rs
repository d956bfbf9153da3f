//! Random bytes, and secrets that are kept.

use crate::instance::answers::{Random, SecretValue};

calls! {
    /// Gets 1 to 1024 random bytes.
    GenerateRandom(GenerateRandomRequest) -> Random, asks for length {
        needs {
            length: u32 = length "Length",
        }
    }

    /// Gets a secret: its version `ACSCurrent`, without more.
    GetSecretValue(GetSecretValueRequest) -> SecretValue, about secret_name {
        needs {
            secret_name: String = text "SecretName",
        }
        may {
            /// The version in this stage, such as `ACSPrevious`.
            version_stage: String = text "VersionStage",
            /// A version.
            version_id: String = text "VersionId",
        }
        switch {
            /// Gets what belongs to secrets that KMS rotates itself.
            fetch_extended_config,
        }
    }
}
