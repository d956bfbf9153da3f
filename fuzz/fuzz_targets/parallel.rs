//! Behind a genuine header, several threads do what one does.
#![no_main]

use crypto_envelope_fuzz::Genuine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [choice, slice, rest @ ..] = input else { return };
    let (genuine, decryptor) = Genuine::choose(*choice);
    genuine.check_parallel(rest, decryptor, *slice);
});
