//! What the tests of every crate of the family share.
//!
//! - [`conformance`]: the rules of [`KeyProvider`](crypto_envelope::provider::KeyProvider), as checks. Run
//!   them on your own provider.
//! - [`redaction`]: looks for secrets in what is printed.
//! - [`insecure`]: test doubles **without any security**.
//! - [`canned`]: a server that gives the answers it was told, whatever it is asked.
//! - [`data`]: plaintext of any size that takes no memory.
//! - `fake`: cloud services on the loopback interface, each behind a feature: `aws-kms`,
//!   `alibaba-kms`, `s3`, `tencent-cos`.

pub mod canned;
pub mod conformance;
pub mod data;
#[cfg(feature = "fake-http")]
pub mod fake;
pub mod insecure;
pub mod redaction;
