//! Answers of a service that is broken or means harm, as faults.
//!
//! ```
//! use crypto_envelope_testkit::fake::tencent_cos::{FakeTencentCos, lie};
//!
//! # fn main() -> std::io::Result<()> {
//! let cos = FakeTencentCos::start()?;
//! cos.inject(lie::crc64("1").when(|operation| operation == "UploadPart"));
//! cos.inject(lie::error(503, "SlowDown", "later").times(2));
//! # Ok(())
//! # }
//! ```

use super::{error::CosError, object::CRC64};
use crate::fake::http::Fault;

/// The answer is an error with this status, this code (`SlowDown`) and this message. The service never
/// sees the request.
#[must_use]
pub fn error(status: u16, code: &'static str, message: &str) -> Fault {
    Fault::status(status, CosError::new(status, code, message).xml("/", REQUEST_ID, TRACE_ID))
}

/// The body of the answer is an error, under the status of a success, as of copies and of completed
/// uploads that fail late. The service did what was asked all the same; to have it not do so,
/// [`error`] with status 200.
#[must_use]
pub fn error_in_success(code: &'static str, message: &str) -> Fault {
    let body = CosError::new(200, code, message).xml("/", REQUEST_ID, TRACE_ID);
    Fault::body(move |_| body.clone())
}

/// The answer has this checksum.
#[must_use]
pub fn crc64(checksum: impl Into<String>) -> Fault {
    Fault::header(CRC64, checksum)
}

/// The answer has no checksum.
#[must_use]
pub fn without_crc64() -> Fault {
    Fault::without_header(CRC64)
}

/// One bit of the body of the answer is another one, if it has that many bytes.
#[must_use]
pub fn flipped(byte: usize) -> Fault {
    Fault::body(move |mut body| {
        if let Some(byte) = body.get_mut(byte) {
            *byte ^= 1;
        }
        body
    })
}

/// The body of the answer ends after that many bytes, and the answer says so: it is whole, and too
/// short.
#[must_use]
pub fn short(length: usize) -> Fault {
    Fault::body(move |mut body| {
        body.truncate(length);
        body
    })
}

const REQUEST_ID: &str = "NjBmYWtlX3JlcXVlc3Q=";
const TRACE_ID: &str = "OGVmYWtlX3RyYWNl";
