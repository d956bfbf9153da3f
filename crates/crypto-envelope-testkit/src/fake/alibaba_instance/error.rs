//! Errors of the gateway of an instance alone, and how it answers all of them.

use super::{message::Message, schema::Schema, wire::Malformed};
use crate::fake::alibaba_kms::Refusal;

impl Refusal {
    /// Something around the operation: a header.
    pub(super) fn param(name: &str) -> Self {
        Self::new(400, "InvalidParam", format!("The Param {name} is invalid."))
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(404, "Unauthorized", "There is no ClientKey of this id.")
    }

    pub(super) fn signature_mismatch() -> Self {
        let message = "The signature is not the one of this request and this ClientKey.";
        Self::new(401, "SignatureNotMatch", message)
    }

    /// The body of the answer.
    pub(super) fn answer(&self) -> Message {
        Message::new(Schema::ERROR)
            .with("StatusCode", i32::from(self.status()))
            .with("ErrorCode", self.code())
            .with("ErrorMessage", self.message())
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::parameter(format!("The body is not the message of this operation: {malformed}."))
    }
}
