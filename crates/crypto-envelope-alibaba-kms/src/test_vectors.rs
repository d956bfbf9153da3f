//! The vectors, as unit tests need them.

use std::{fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;

/// The cases of a file such as `alibaba/aad.json`, of which there must be `count`.
pub(crate) fn cases(file: &str, count: usize) -> Vec<Value> {
    let mut root: Value = serde_json::from_str(&text(file)).expect("the vectors are JSON");
    let Value::Array(cases) = root["cases"].take() else { unreachable!("an array of cases") };
    assert_eq!(cases.len(), count);
    cases
}

/// A file of `tests/vectors`.
pub(crate) fn text(file: &str) -> String {
    fs::read_to_string(path(file)).expect("the vectors are part of the repository")
}

pub(crate) fn path(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors")).join(file)
}

pub(crate) fn str<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| unreachable!("{field} is a text in {case}"))
}

pub(crate) fn hex(case: &Value, field: &str) -> Vec<u8> {
    let digits = str(case, field).as_bytes().chunks(2);
    let digits = digits.map(|digits| str::from_utf8(digits).expect("ASCII"));
    digits.map(|digits| u8::from_str_radix(digits, 16).expect("hex")).collect()
}

pub(crate) fn base64(case: &Value, field: &str) -> Vec<u8> {
    BASE64.decode(str(case, field)).expect("base64")
}
