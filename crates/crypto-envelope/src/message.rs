//! The wire format, pure: bytes in, bytes out (AWS Encryption SDK specification, "Message
//! format"). No I/O, no keys.

pub(crate) mod body;
pub(crate) mod codec;
pub(crate) mod footer;
pub(crate) mod geometry;
mod header;
mod header_scan;

pub use self::header::{BodyFormat, Header, MessageId};
pub(crate) use self::{
    header::{COMMITMENT_LENGTH, HeaderAuthentication, HeaderFields, LONGEST_MESSAGE_ID},
    header_scan::{HeaderScan, Progress},
};
