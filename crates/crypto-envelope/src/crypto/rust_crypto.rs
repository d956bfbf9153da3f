//! Primitives in pure Rust: the crates of `RustCrypto`.

mod rsa;

pub(crate) use self::rsa::{RsaPrivateKey, RsaPublicKey};
