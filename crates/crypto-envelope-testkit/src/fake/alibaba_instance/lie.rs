//! Answers of a gateway that means harm, as faults. What was asked for is done all the same, unless
//! the answer is an [`error`].
//!
//! ```
//! use crypto_envelope_testkit::fake::alibaba_instance::{FakeAlibabaInstance, lie};
//!
//! # fn main() -> std::io::Result<()> {
//! let kms = FakeAlibabaInstance::start()?;
//! kms.inject(lie::without("Decrypt", "KeyId"));
//! kms.inject(lie::error(503, "ServiceUnavailableTemporary", "later"));
//! # Ok(())
//! # }
//! ```

use serde_json::Value;

use super::{message::Message, schema::Schema, wire};
use crate::fake::http::Fault;

/// The answer of `operation` lacks a field.
#[must_use]
pub fn without(operation: &'static str, field: &'static str) -> Fault {
    answer(operation, move |answer| {
        if let Some(fields) = answer.as_object_mut() {
            fields.remove(field);
        }
    })
}

/// The answer of `operation` is what `change` makes of it: an object, in which bytes are base64. What
/// the message has no field for, or no such field, is left out.
#[must_use]
pub fn answer(
    operation: &'static str,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> Fault {
    let lie = Fault::body(move |body| {
        let Some(schema) = Schema::response(operation) else { return body };
        let Ok(message) = wire::decode(schema, &body) else { return body };
        let mut answer = message.json();
        change(&mut answer);
        wire::encode(&Message::of_json(schema, &answer))
    });
    lie.when(move |other| other == operation)
}

/// The answer is an error with this status, this code (`InternalFailure`) and this message. The
/// service never sees the request.
#[must_use]
pub fn error(status: u16, code: &str, message: &str) -> Fault {
    let error = Message::new(Schema::ERROR)
        .with("StatusCode", i32::from(status))
        .with("ErrorCode", code)
        .with("ErrorMessage", message)
        .with("RequestId", "00000000-0000-0000-0000-000000000000");
    Fault::status(status, wire::encode(&error))
}
