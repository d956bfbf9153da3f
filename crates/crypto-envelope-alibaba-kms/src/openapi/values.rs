//! What is given to a call, as text of a parameter. They take references to all alike, for the macro
//! that calls them.
#![expect(clippy::trivially_copy_pass_by_ref, reason = "they look alike for the macro")]

use std::{ops::RangeInclusive, str, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptionContext, Error, Result, SecretBytes};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::calls::{keys::Filter, tags::Tag};

/// None if there is nothing to send.
pub(crate) type Text = Option<Zeroizing<String>>;

pub(crate) fn text(name: &str, text: &str) -> Result<Text> {
    if text.is_empty() {
        return Err(Error::invalid_input(format!("{name} is empty")));
    }
    if text.len() > LONGEST_TEXT {
        return Err(too_long(name, LONGEST_TEXT));
    }
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// As it is.
pub(crate) fn secret_text(name: &str, secret: &SecretBytes) -> Result<Text> {
    match str::from_utf8(secret.expose()) {
        Ok(secret) => text(name, secret),
        Err(_) => Err(Error::invalid_input(format!("{name} is no text: give it in base64"))),
    }
}

pub(crate) fn base64(name: &str, bytes: &[u8]) -> Result<Text> {
    if bytes.len() > LONGEST_TEXT / 4 * 3 {
        return Err(too_long(name, LONGEST_TEXT / 4 * 3));
    }
    Ok(Some(Zeroizing::new(BASE64.encode(bytes))))
}

pub(crate) fn secret_base64(name: &str, secret: &SecretBytes) -> Result<Text> {
    base64(name, secret.expose())
}

/// An empty one is none.
pub(crate) fn context(name: &str, context: &EncryptionContext) -> Result<Text> {
    if context.is_empty() {
        return Ok(None);
    }
    let pairs = context.iter().map(|(key, value)| (key.to_owned(), value.into()));
    let text = Value::Object(pairs.collect::<Map<_, _>>()).to_string();
    if text.chars().count() > LONGEST_CONTEXT {
        return Err(Error::invalid_input(format!(
            "{name} is longer than {LONGEST_CONTEXT} characters as JSON"
        )));
    }
    Ok(Some(Zeroizing::new(text)))
}

pub(crate) fn number(name: &str, number: &u32) -> Result<Text> {
    within(name, *number, 1..=u32::MAX)
}

/// In bytes.
pub(crate) fn data_key_length(name: &str, length: &u32) -> Result<Text> {
    within(name, *length, 1..=1024)
}

/// Until a key is deleted.
pub(crate) fn days(name: &str, days: &u32) -> Result<Text> {
    within(name, *days, 7..=366)
}

fn within(name: &str, number: u32, range: RangeInclusive<u32>) -> Result<Text> {
    if !range.contains(&number) {
        let (first, last) = range.into_inner();
        let message = format!("{name} is {number}, but has to be from {first} to {last}");
        return Err(Error::invalid_input(message));
    }
    Ok(Some(Zeroizing::new(number.to_string())))
}

/// For [`Duration`]s that the API takes as `604800s`.
pub(crate) fn seconds(name: &str, duration: &Duration) -> Result<Text> {
    if duration.subsec_nanos() != 0 {
        return Err(Error::invalid_input(format!("{name} has to be whole seconds")));
    }
    Ok(Some(Zeroizing::new(format!("{}s", duration.as_secs()))))
}

pub(crate) fn tags(name: &str, tags: &[Tag]) -> Result<Text> {
    list(name, tags.iter().map(|tag| json!({"TagKey": tag.key, "TagValue": tag.value})))
}

pub(crate) fn texts(name: &str, texts: &[String]) -> Result<Text> {
    list(name, texts.iter().map(|text| json!(text)))
}

pub(crate) fn filters(name: &str, filters: &[Filter]) -> Result<Text> {
    list(
        name,
        filters.iter().map(|filter| json!({"Key": filter.property, "Values": filter.values})),
    )
}

/// An empty one is none.
fn list(name: &str, items: impl Iterator<Item = Value>) -> Result<Text> {
    let items: Vec<_> = items.collect();
    if items.is_empty() { Ok(None) } else { text(name, &Value::Array(items).to_string()) }
}

fn too_long(name: &str, limit: usize) -> Error {
    Error::invalid_input(format!("{name} is longer than {limit} bytes"))
}

/// In bytes. The longest that KMS takes is a key policy, 32 KiB.
const LONGEST_TEXT: usize = 64 << 10;
/// In characters (KMS API reference, "Encrypt").
const LONGEST_CONTEXT: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: Result<Text>) -> String {
        let text = text.expect("it can be sent").expect("there is something to send");
        text.as_str().to_owned()
    }

    #[test]
    fn contexts_are_compact_json() -> Result<()> {
        let pairs = EncryptionContext::from([("b\"\\\u{1}", "é\u{1F600}"), ("a", "1 2")]);
        assert_eq!(
            sent(context("C", &pairs)),
            "{\"a\":\"1 2\",\"b\\\"\\\\\\u0001\":\"é\u{1F600}\"}"
        );
        assert!(context("C", &EncryptionContext::new())?.is_none());
        let longest = "é".repeat(8192 - r#"{"k":""}"#.len());
        assert!(context("C", &EncryptionContext::from([("k", longest.clone())])).is_ok());
        let longer = EncryptionContext::from([("k", longest + "é")]);
        assert!(context("C", &longer).is_err());
        Ok(())
    }

    #[test]
    fn lists_are_json() -> Result<()> {
        let pairs = [Tag::new("k", "v"), Tag::new("é", "")];
        let expected = r#"[{"TagKey":"k","TagValue":"v"},{"TagKey":"é","TagValue":""}]"#;
        assert_eq!(sent(tags("T", &pairs)), expected);
        assert_eq!(sent(texts("T", &["a".to_owned(), "b".to_owned()])), r#"["a","b"]"#);
        let filter = Filter::new("KeyState", ["Enabled"]);
        assert_eq!(sent(filters("F", &[filter])), r#"[{"Key":"KeyState","Values":["Enabled"]}]"#);
        assert!(tags("T", &[])?.is_none());
        Ok(())
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        assert!(text("K", "").is_err());
        assert!(text("K", &"x".repeat(LONGEST_TEXT + 1)).is_err());
        assert!(base64("K", &vec![0; LONGEST_TEXT]).is_err());
        let binary = secret_text("Plaintext", &SecretBytes::from(vec![0xFF]));
        assert!(binary.is_err_and(|error| error.to_string().contains("base64")));
        assert!(seconds("R", &Duration::from_millis(1500)).is_err());
        assert_eq!(sent(seconds("R", &Duration::from_hours(7 * 24))), "604800s");
    }
}
