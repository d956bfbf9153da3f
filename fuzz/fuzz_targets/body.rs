//! Behind a genuine header, only the genuine rest opens, and nothing else is ever released.
#![no_main]

use crypto_envelope_fuzz::Genuine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [choice, seed, rest @ ..] = input else { return };
    let (genuine, decryptor) = Genuine::choose(*choice);
    genuine.check(rest, decryptor, *seed);
});
