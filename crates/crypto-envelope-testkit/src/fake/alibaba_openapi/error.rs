//! Errors of the OpenAPI alone, and how it answers all of them.

use serde_json::{Value, json};

use crate::fake::{alibaba_kms::Refusal, crypto};

impl Refusal {
    pub(super) fn no_action() -> Self {
        Self::new(404, "InvalidAction.NotFound", "Specified api is not found.")
    }

    pub(super) fn incomplete(message: impl Into<String>) -> Self {
        Self::new(400, "IncompleteSignature", message)
    }

    pub(super) fn signature_does_not_match() -> Self {
        let message = "The signature is not the one of this request and this access key.";
        Self::new(400, "SignatureDoesNotMatch", message)
    }

    pub(super) fn no_access_key() -> Self {
        Self::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    }

    pub(super) fn nonce_used() -> Self {
        Self::new(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
    }

    pub(super) fn timestamp() -> Self {
        let message =
            "The input parameter \"Timestamp\" is no date, or one that is too far from now.";
        Self::new(400, "IllegalTimestamp", message)
    }

    pub(super) fn security_token() -> Self {
        let message = "The security token is not the one of this access key.";
        Self::new(400, "InvalidSecurityToken.MismatchWithAccessKey", message)
    }

    pub(super) fn no_security_token() -> Self {
        Self::new(400, "MissingSecurityToken", "SecurityToken is mandatory for this access key.")
    }

    pub(super) fn no_key_version() -> Self {
        let message = "The specified version of the key is not found.";
        Self::new(404, "Forbidden.KeyVersionNotFound", message)
    }

    pub(super) fn no_alias() -> Self {
        Self::new(404, "Forbidden.AliasNotFound", "The specified Alias is not found.")
    }

    pub(super) fn no_instance() -> Self {
        let message = "The specified KMS instance is not found.";
        Self::new(404, "Forbidden.DKMSInstanceNotFound", message)
    }

    pub(super) fn dry_run() -> Self {
        let message = "The request would have succeeded, but the DryRun parameter is set.";
        Self::new(400, "DryRunOperationError", message)
    }

    /// The body of the answer.
    pub(super) fn json(&self, host: &str) -> Value {
        json!({
            "HttpStatus": self.status(),
            "Code": self.code(),
            "Message": self.message(),
            "RequestId": crypto::uuid(),
            "HostId": host,
        })
    }
}
