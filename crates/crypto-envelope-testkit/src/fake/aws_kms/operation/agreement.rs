//! Agreeing on secrets.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Operation;
use crate::fake::aws_kms::{error::KmsError, spec::KeyUsage};

impl Operation<'_> {
    pub(super) fn derive_shared_secret(&self) -> Result<Value, KmsError> {
        self.fields.required_choice("KeyAgreementAlgorithm", &[("ECDH", ())], &[])?;
        let peer = self.fields.required_bytes("PublicKey", MAX_PUBLIC_KEY)?;
        let key = self.key()?;
        key.check_usage(KeyUsage::KeyAgreement, self.name)?;
        key.check_enabled()?;
        let secret = key.material.agree(&peer).ok_or_else(|| {
            let spec = key.spec.name();
            KmsError::validation(format!("PublicKey is not the DER of a public key of {spec}."))
        })?;
        self.end_dry_run()?;
        Ok(json!({
            "KeyId": key.arn.to_string(),
            "SharedSecret": STANDARD.encode(secret),
            "KeyAgreementAlgorithm": "ECDH",
            "KeyOrigin": key.origin.name(),
        }))
    }
}

const MAX_PUBLIC_KEY: usize = 8192;
