//! Answers of a service that means harm, as faults. What was asked for is done all the same, unless
//! the answer is an [`error`].
//!
//! ```
//! use crypto_envelope_testkit::fake::aws_kms::{FakeAwsKms, lie};
//!
//! # fn main() -> std::io::Result<()> {
//! let kms = FakeAwsKms::start()?;
//! kms.inject(lie::without_key_id().when(|operation| operation == "Decrypt"));
//! # Ok(())
//! # }
//! ```

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::fake::http::Fault;

/// The answer names another key.
#[must_use]
pub fn key_id(arn: impl Into<String>) -> Fault {
    let arn = arn.into();
    answer(move |answer| answer["KeyId"] = json!(arn))
}

/// The answer names no key.
#[must_use]
pub fn without_key_id() -> Fault {
    without("KeyId")
}

/// The answer lacks a member.
#[must_use]
pub fn without(member: &'static str) -> Fault {
    answer(move |answer| {
        if let Some(members) = answer.as_object_mut() {
            members.remove(member);
        }
    })
}

/// The plaintext in the answer has that many bytes, all of them zero.
#[must_use]
pub fn plaintext_of(length: usize) -> Fault {
    answer(move |answer| answer["Plaintext"] = json!(STANDARD.encode(vec![0; length])))
}

/// The answer is well-formed, with a member nobody asked for that makes it this long at least, in
/// bytes.
#[must_use]
pub fn huge(length: usize) -> Fault {
    answer(move |answer| answer["Padding"] = json!("x".repeat(length)))
}

/// The answer is an error with this status, this code (`KMSInternalException`) and this message. The
/// service never sees the request.
#[must_use]
pub fn error(status: u16, code: &str, message: &str) -> Fault {
    Fault::status(status, json!({"__type": code, "message": message}).to_string())
}

/// The answer is what `change` makes of it.
#[must_use]
pub fn answer(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Fault {
    Fault::json(change)
}
