//! Whatever is read as the record of a transfer with S3, there is no panic, and what is told of an error is short and
//! can be printed.
#![no_main]

use crypto_envelope_s3_sse_c::wire;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [kind, bytes @ ..] = input else { return };
    let read = if kind % 2 == 0 { wire::upload_record } else { wire::download_record };
    if let Err(error) = read(bytes) {
        let text = error.to_string();
        assert!(text.chars().count() < 500 && !text.contains(char::is_control), "{text}");
    }
});
