//! A service that is broken or means harm: what it does otherwise, and single answers as faults.
//!
//! ```
//! use crypto_envelope_testkit::fake::s3::{FakeS3, Lie, lie};
//!
//! # fn main() -> std::io::Result<()> {
//! let s3 = FakeS3::start()?;
//! s3.lie(Lie::NoEcho);
//! s3.inject(lie::short(10).when(|operation| operation == "GetObject"));
//! s3.inject(lie::error(503, "SlowDown", "later").times(2));
//! s3.be_honest();
//! # Ok(())
//! # }
//! ```

use super::error::S3Error;
use crate::fake::http::Fault;

/// What it does in silence, until it is told to [be honest](super::FakeS3::be_honest).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lie {
    /// Passes over keys of customers, as servers do that do not know them: what is written is kept in
    /// plain, and no answer says anything of encryption.
    NoEcho,
    /// Encrypts nothing, and says that it did.
    KeepsPlain,
    /// Answers with the digest of another key.
    OtherEcho,
    /// Does what is asked under a condition in any case.
    IgnoresConditions,
    /// Sends everybody to this URL, with the path and the query of the request behind it.
    Redirects(String),
}

/// The answer is an error with this status, this code (`SlowDown`) and this message. The service never
/// sees the request.
#[must_use]
pub fn error(status: u16, code: &'static str, message: &str) -> Fault {
    Fault::status(status, S3Error::new(status, code, message).xml("/", REQUEST_ID))
}

/// The body of the answer is an error, under the status of a success, as of copies and of completed
/// uploads that fail late. The service did what was asked all the same; to have it not do so,
/// [`error`] with status 200.
#[must_use]
pub fn error_in_success(code: &'static str, message: &str) -> Fault {
    let body = S3Error::new(200, code, message).xml("/", REQUEST_ID);
    Fault::body(move |_| body.clone())
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

const REQUEST_ID: &str = "FAKEREQUEST00000";
