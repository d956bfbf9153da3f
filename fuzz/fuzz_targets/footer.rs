//! Behind a genuine body, only the genuine footer opens.
#![no_main]

use crypto_envelope_fuzz::Genuine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [choice, seed, footer @ ..] = input else { return };
    let (genuine, decryptor) = Genuine::choose(*choice);
    genuine.check(&[genuine.body(), footer].concat(), decryptor, *seed);
});
