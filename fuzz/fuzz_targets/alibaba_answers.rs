//! Whatever a gateway of Alibaba Cloud KMS answers, there is no panic, what is read can be written, and
//! what is told is short and can be printed.
#![no_main]

use crypto_envelope_alibaba_kms::{AlibabaKmsError, wire};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [kind, which, body @ ..] = input else { return };
    match kind % 4 {
        0 => read_message(choose(wire::MESSAGES, *which), body),
        1 => drop(wire::openapi_answer(choose(wire::ANSWERS, *which), body)),
        2 => check_error(&wire::instance_error(status(*which), body)),
        _ => check_error(&wire::openapi_error("Encrypt", status(*which), body)),
    }
});

fn read_message(name: &str, bytes: &[u8]) {
    let Ok(fields) = wire::decode_message(name, bytes) else { return };
    let written = wire::encode_message(name, &fields).expect("fields of this message");
    let read = wire::decode_message(name, written.expose()).expect("a message");
    assert_eq!(fields, read);
}

fn check_error(error: &AlibabaKmsError) {
    let text = format!("{error} {:?} {:?}", error.code(), error.request_id());
    assert!(text.chars().count() < 10_000 && !text.contains(char::is_control), "{text}");
}

fn choose<'n>(names: &[&'n str], which: u8) -> &'n str {
    names[usize::from(which) % names.len()]
}

fn status(which: u8) -> u16 {
    100 + 2 * u16::from(which)
}
