//! From a text of anybody's to a document.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptedDataKey, EncryptionContext, service::said};
use serde_json::{Map, Value};

use super::{
    Document, FORMAT, ID_LENGTH, MAX_BYTES, MOST_BUCKETS, MOST_EPOCHS, MOST_KEYS, MOST_RETIRED,
    Malformed, RetiredRoot, VERSION, WrappedRoot, check_bucket,
};
use crate::key_ring::{Epoch, time::Second};

pub(super) fn document(text: &[u8]) -> Result<Document, Malformed> {
    if text.len() > MAX_BYTES {
        return Err(malformed(format!("it is longer than {MAX_BYTES} bytes")));
    }
    let text = str::from_utf8(text).map_err(|_| malformed("it is not UTF-8"))?;
    // Of limited depth.
    let value: Value = serde_json::from_str(text)
        .map_err(|error| malformed(format!("it is not JSON: {error}")))?;
    if strings_in(&value) != strings_written(text) {
        return Err(malformed("a member is there twice"));
    }
    let mut members = Members::of(value, "the key ring")?;
    // First, since what is of another version may have other members.
    if members.text("format")? != FORMAT {
        return Err(malformed(format!("its format is not {FORMAT:?}")));
    }
    if members.number("version")? != u32::from(VERSION) {
        return Err(malformed("it is of a version that this program does not know"));
    }
    let id = members.text("id")?;
    if id.len() != ID_LENGTH || !id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(malformed("its id is not 32 lower-case hexadecimal digits"));
    }
    let context = context(members.take("context")?)?;
    let buckets = members.list("buckets", MOST_BUCKETS)?;
    let buckets = ascending(buckets, "buckets", |bucket| Ok((bucket_name(bucket)?, ())))?;
    let epochs = ascending(members.list("epochs", MOST_EPOCHS)?, "epochs", epoch)?;
    let retired = ascending(members.list("retired", MOST_RETIRED)?, "retired epochs", retired)?;
    let mac = base64(&members.text("mac")?, "mac")?;
    let mac = mac.try_into().map_err(|_| malformed("its MAC has not 32 bytes"))?;
    members.end()?;
    let Some((newest, _)) = epochs.last_key_value() else {
        return Err(malformed("it has no epoch"));
    };
    if retired.keys().any(|epoch| epoch > newest || epochs.contains_key(epoch)) {
        return Err(malformed("an epoch is retired that is in use, or newer than all others"));
    }
    let buckets = buckets.into_keys().collect();
    Ok(Document { id, context, buckets, epochs, retired, mac })
}

fn context(value: Value) -> Result<EncryptionContext, Malformed> {
    let Value::Object(pairs) = value else {
        return Err(malformed("its context is no object"));
    };
    let mut context = EncryptionContext::new();
    for (key, value) in pairs {
        let Value::String(value) = value else {
            return Err(malformed("a pair of its context is no text"));
        };
        context.insert(key, value);
    }
    context.check_unreserved().map_err(|error| malformed(error.to_string()))?;
    context.serialize().map_err(|error| malformed(error.to_string()))?;
    Ok(context)
}

fn bucket_name(value: Value) -> Result<String, Malformed> {
    let Value::String(name) = value else { return Err(malformed("a bucket is no text")) };
    check_bucket(&name).map_err(malformed)?;
    Ok(name)
}

fn epoch(value: Value) -> Result<(Epoch, WrappedRoot), Malformed> {
    let mut members = Members::of(value, "an epoch")?;
    let (epoch, created) = (members.epoch()?, members.second("created")?);
    let keys = members.list("keys", MOST_KEYS)?;
    members.end()?;
    if keys.is_empty() {
        return Err(malformed("an epoch has no key"));
    }
    let keys = keys.into_iter().map(key).collect::<Result<_, _>>()?;
    Ok((epoch, WrappedRoot { created, keys }))
}

fn key(value: Value) -> Result<EncryptedDataKey, Malformed> {
    let mut members = Members::of(value, "a key of an epoch")?;
    let id = members.text("provider_id")?;
    let info = base64(&members.text("provider_info")?, "provider_info")?;
    let ciphertext = base64(&members.text("ciphertext")?, "ciphertext")?;
    members.end()?;
    EncryptedDataKey::new(id, info, ciphertext).map_err(|error| malformed(error.to_string()))
}

fn retired(value: Value) -> Result<(Epoch, RetiredRoot), Malformed> {
    let mut members = Members::of(value, "a retired epoch")?;
    let (epoch, created) = (members.epoch()?, members.second("created")?);
    let retired = members.second("retired")?;
    members.end()?;
    Ok((epoch, RetiredRoot { created, retired }))
}

/// Each greater than the one before.
fn ascending<K: Ord, V>(
    values: Vec<Value>,
    what: &str,
    read: impl Fn(Value) -> Result<(K, V), Malformed>,
) -> Result<BTreeMap<K, V>, Malformed> {
    let mut all = BTreeMap::new();
    for value in values {
        let (key, value) = read(value)?;
        if all.last_key_value().is_some_and(|(last, _)| *last >= key) {
            return Err(malformed(format!("its {what} are not in ascending order")));
        }
        all.insert(key, value);
    }
    Ok(all)
}

/// The members of an object, each of which is taken out once.
struct Members {
    of: &'static str,
    members: Map<String, Value>,
}

impl Members {
    fn of(value: Value, of: &'static str) -> Result<Self, Malformed> {
        match value {
            Value::Object(members) => Ok(Self { of, members }),
            _ => Err(malformed(format!("{of} is no object"))),
        }
    }

    fn take(&mut self, name: &str) -> Result<Value, Malformed> {
        let of = self.of;
        self.members.remove(name).ok_or_else(|| malformed(format!("{of} has no member {name:?}")))
    }

    fn text(&mut self, name: &str) -> Result<String, Malformed> {
        match self.take(name)? {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong(name, "no text")),
        }
    }

    fn number(&mut self, name: &str) -> Result<u32, Malformed> {
        let number = self.take(name)?.as_u64().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| self.wrong(name, "no whole number of 32 bits"))
    }

    fn epoch(&mut self) -> Result<Epoch, Malformed> {
        let number = self.number("epoch")?;
        Epoch::of(number).ok_or_else(|| self.wrong("epoch", "zero"))
    }

    fn second(&mut self, name: &str) -> Result<Second, Malformed> {
        let text = self.text(name)?;
        Second::parse(&text).ok_or_else(|| self.wrong(name, "no time like 2026-01-31T12:00:00Z"))
    }

    fn list(&mut self, name: &str, most: usize) -> Result<Vec<Value>, Malformed> {
        match self.take(name)? {
            Value::Array(values) if values.len() <= most => Ok(values),
            Value::Array(_) => Err(self.wrong(name, &format!("a list of more than {most}"))),
            _ => Err(self.wrong(name, "no list")),
        }
    }

    /// Nothing is left that is not known.
    fn end(self) -> Result<(), Malformed> {
        match self.members.keys().next() {
            Some(name) => {
                let (of, name) = (self.of, name.chars().take(LONGEST_SHOWN).collect::<String>());
                Err(malformed(format!("{of} has a member {name:?}, which nobody knows")))
            }
            None => Ok(()),
        }
    }

    fn wrong(&self, name: &str, what: &str) -> Malformed {
        malformed(format!("{name:?} of {} is {what}", self.of))
    }
}

/// In its one canonical form.
fn base64(text: &str, name: &str) -> Result<Vec<u8>, Malformed> {
    BASE64.decode(text).map_err(|_| malformed(format!("{name:?} is no base64 with padding")))
}

/// All texts and names of members in it. Of members with one name it has the last.
fn strings_in(value: &Value) -> usize {
    match value {
        Value::String(_) => 1,
        Value::Array(values) => values.iter().map(strings_in).sum(),
        Value::Object(members) => members.values().map(|value| 1 + strings_in(value)).sum(),
        _ => 0,
    }
}

/// All texts and names of members in `text`, which is JSON.
fn strings_written(text: &str) -> usize {
    let (mut quotes, mut bytes) = (0, text.bytes());
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => quotes += 1,
            // Nowhere but in strings. What is behind it is none of their ends.
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    quotes / 2
}

/// It may quote what anybody has put there.
fn malformed(what: impl AsRef<str>) -> Malformed {
    Malformed(said(what.as_ref()))
}

/// In characters.
const LONGEST_SHOWN: usize = 100;
