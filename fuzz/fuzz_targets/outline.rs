//! An outline never panics, and what has one has none with a byte more or less.
#![no_main]

use crypto_envelope::{Limits, Outline};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let limits = Limits::default();
    let Ok(outline) = Outline::of(message, &limits) else { return };
    assert!(outline.frames() > 0 && outline.plaintext_length() < message.len() as u64);
    assert!(Outline::of(&message[..message.len() - 1], &limits).is_err());
    assert!(Outline::of(&[message, &[0]].concat(), &limits).is_err());
});
