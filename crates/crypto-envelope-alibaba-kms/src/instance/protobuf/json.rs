//! Messages as the vectors have them: names and values, bytes as `{"hex": "..."}`.

use crypto_envelope::SecretBytes;
use serde_json::{Map, Value};

use super::{Malformed, Message};

pub(crate) fn encode<M: Message>(values: &Value) -> Option<SecretBytes> {
    let mut names = Vec::new();
    let mut message = M::empty();
    message.fields(&mut |number, name, _| names.push((name, number)));
    for (name, value) in values.as_object()? {
        let (_, number) = names.iter().find(|(known, _)| known == name)?;
        if !message.field_mut(*number)?.set_json(value) {
            return None;
        }
    }
    Some(message.encode())
}

pub(crate) fn decode<M: Message>(bytes: &[u8]) -> Result<Value, Malformed> {
    let mut values = Map::new();
    M::decode(bytes)?.fields(&mut |_, name, field| {
        values.insert(name.to_owned(), field.to_json());
    });
    Ok(values.into())
}

pub(super) fn of_bytes(bytes: &[u8]) -> Value {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [("hex", hex)].into_iter().collect()
}

pub(super) fn to_bytes(value: &Value) -> Option<Vec<u8>> {
    let hex = value.get("hex")?.as_str()?.as_bytes();
    let byte = |digits: &[u8]| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok();
    if hex.len() % 2 == 0 { hex.chunks(2).map(byte).collect() } else { None }
}
