//! Answers of a gateway that means harm, as faults. What was asked for is done all the same, unless
//! the answer is an [`error`].
//!
//! ```
//! use crypto_envelope_testkit::fake::alibaba_openapi::{FakeAlibabaOpenApi, lie};
//!
//! # fn main() -> std::io::Result<()> {
//! let kms = FakeAlibabaOpenApi::start()?;
//! kms.inject(lie::without("Decrypt", "KeyId"));
//! kms.inject(lie::error(503, "ServiceUnavailableTemporary", "later"));
//! # Ok(())
//! # }
//! ```

use serde_json::{Value, json};

use crate::fake::http::Fault;

/// The answer of `operation` lacks a member.
#[must_use]
pub fn without(operation: &'static str, member: &'static str) -> Fault {
    answer(operation, move |answer| {
        if let Some(members) = answer.as_object_mut() {
            members.remove(member);
        }
    })
}

/// The answer of `operation` is what `change` makes of it.
#[must_use]
pub fn answer(
    operation: &'static str,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> Fault {
    Fault::json(change).when(move |other| other == operation)
}

/// The answer is an error with this status, this code (`InternalFailure`) and this message. The
/// service never sees the request.
#[must_use]
pub fn error(status: u16, code: &str, message: &str) -> Fault {
    let error = json!({
        "HttpStatus": status,
        "Code": code,
        "Message": message,
        "RequestId": "00000000-0000-0000-0000-000000000000",
        "HostId": "fake",
    });
    Fault::status(status, error.to_string())
}
