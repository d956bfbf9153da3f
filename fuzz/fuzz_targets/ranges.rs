//! Behind a genuine header, ranges hold nothing but the genuine plaintext, and its end is the
//! genuine one, whatever is stored.
#![no_main]

use crypto_envelope_fuzz::Genuine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [choice, seed, rest @ ..] = input else { return };
    let start = u64::from(*seed);
    let ranges = [start..start + start / 3, 0..u64::MAX, start..start, 0..start];
    Genuine::choose(*choice).0.check_ranges(rest, &ranges);
});
