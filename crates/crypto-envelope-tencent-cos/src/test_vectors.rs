//! The vectors, as unit tests need them.

use std::fs;

use serde_json::Value;

/// The cases of a file, of which there must be `count`.
pub(crate) fn cases(file: &str, count: usize) -> Vec<Value> {
    array(file, "cases", count)
}

/// An array in a file, of `count` members.
pub(crate) fn array(file: &str, field: &str, count: usize) -> Vec<Value> {
    let Value::Array(cases) = root(file)[field].take() else { unreachable!("an array of {field}") };
    assert_eq!(cases.len(), count);
    cases
}

/// A file of `tests/vectors/tencent-cos`.
pub(crate) fn root(file: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/tencent-cos/");
    let text = fs::read_to_string(format!("{path}{file}"));
    serde_json::from_str(&text.expect("the vectors are part of the repository"))
        .expect("the vectors are JSON")
}

pub(crate) fn str<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| unreachable!("{field} is a text in {case}"))
}

pub(crate) fn number(case: &Value, field: &str) -> u64 {
    case[field].as_u64().unwrap_or_else(|| unreachable!("{field} is a number in {case}"))
}

/// The pairs of an object, in its order or in that of their names.
pub(crate) fn pairs(case: &Value, field: &str) -> Vec<(String, String)> {
    let object = case[field].as_object().unwrap_or_else(|| unreachable!("{field} is an object"));
    let pairs = object.iter();
    pairs.map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned())).collect()
}
