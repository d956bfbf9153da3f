//! A header never panics, and is the same however its bytes arrive.
#![no_main]

use crypto_envelope::{HeaderParser, Limits, UnverifiedHeader};
use crypto_envelope_fuzz::Pieces;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [seed, message @ ..] = input else { return };
    assert_eq!(read(Pieces::new(*seed, message)), read([message].into_iter()));
});

fn read<'b>(pieces: impl Iterator<Item = &'b [u8]>) -> Option<UnverifiedHeader> {
    let mut parser = HeaderParser::new(Limits::default());
    for piece in pieces {
        parser.push(piece).ok()?;
    }
    parser.finish().ok()
}
