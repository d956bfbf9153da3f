//! The code in the README and in the book, compiled and run as doc tests.

#[allow(clippy::doc_markdown, reason = "RustCrypto is a name")]
#[doc = include_str!("../../README.md")]
mod readme {}
#[doc = include_str!("../../docs/getting-started.md")]
mod getting_started {}
#[doc = include_str!("../../docs/choosing.md")]
mod choosing {}
#[doc = include_str!("../../docs/caching.md")]
mod caching {}
#[doc = include_str!("../../docs/key-provider.md")]
mod key_provider {}
#[doc = include_str!("../../docs/tencent-cos.md")]
mod tencent_cos {}
#[doc = include_str!("../../docs/object-store.md")]
mod object_store {}
#[doc = include_str!("../../docs/sse-c-keys.md")]
mod sse_c_keys {}
