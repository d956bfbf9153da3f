//! Whatever is read as a key ring for SSE-C, there is no panic, what is told of an error is short and can be printed,
//! and what is taken is written so that it is read as the same.
#![no_main]

use crypto_envelope_s3_sse_c::wire;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| match wire::key_ring(input) {
    Ok(found) => {
        let again = wire::key_ring(found.0.as_bytes()).expect("it was written by us");
        assert_eq!(again, found);
    }
    Err(error) => {
        let text = error.to_string();
        assert!(text.chars().count() < 1100 && !text.contains(char::is_control), "{text}");
    }
});
