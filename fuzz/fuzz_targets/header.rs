//! A header never panics, and is the same however its bytes arrive.
#![no_main]

use crypto_envelope::{HeaderParser, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, message) = input;
    let read = |piece: usize| {
        let mut reader = HeaderParser::new(Limits::default());
        for bytes in message.chunks(piece) {
            reader.push(bytes).ok()?;
        }
        reader.finish().ok()
    };
    assert_eq!(read(usize::from(piece) + 1), read(usize::MAX));
});
