//! A message: what its fields hold.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};

use super::schema::{Kind, Schema};

/// What a field holds. One that holds nothing, or zero, is not told from one that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Bytes(Vec<u8>),
    Number(i32),
    Flag(bool),
    Texts(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) schema: Schema,
    values: BTreeMap<&'static str, Value>,
}

impl Message {
    pub(super) fn new(schema: Schema) -> Self {
        Self { schema, values: BTreeMap::new() }
    }

    /// With this field as well, if the message has one of that name.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let field = self.schema.named(name);
        debug_assert!(field.is_some(), "there is no {name}");
        if let Some(field) = field {
            self.values.insert(field.name, value.into());
        }
        self
    }

    /// Sets a field; says what it held before.
    pub(super) fn set(&mut self, name: &'static str, value: Value) -> Option<Value> {
        self.values.insert(name, value)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    pub(super) fn bytes(&self, name: &str) -> &[u8] {
        match self.get(name) {
            Some(Value::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    pub(super) fn number(&self, name: &str) -> i32 {
        match self.get(name) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    /// As an object, in which bytes are base64.
    pub(super) fn json(&self) -> Json {
        let json = |value: &Value| match value {
            Value::Text(text) => json!(text),
            Value::Bytes(bytes) => json!(STANDARD.encode(bytes)),
            Value::Number(number) => json!(number),
            Value::Flag(flag) => json!(flag),
            Value::Texts(texts) => json!(texts),
        };
        self.values.iter().map(|(name, value)| ((*name).to_owned(), json(value))).collect()
    }

    /// What [`json`](Self::json) made an object of. What does not fit the schema is left out.
    pub(super) fn of_json(schema: Schema, json: &Json) -> Self {
        let mut message = Self::new(schema);
        for field in schema.fields() {
            let given = json.get(field.name).and_then(|value| value_of(field.kind, value));
            if let Some(value) = given {
                message.set(field.name, value);
            }
        }
        message
    }
}

fn value_of(kind: Kind, json: &Json) -> Option<Value> {
    Some(match kind {
        Kind::Text => Value::Text(json.as_str()?.to_owned()),
        Kind::Bytes => Value::Bytes(STANDARD.decode(json.as_str()?).ok()?),
        Kind::Number => Value::Number(json.as_i64()?.try_into().ok()?),
        Kind::Flag => Value::Flag(json.as_bool()?),
        Kind::Texts => {
            let texts = json.as_array()?.iter().map(|text| text.as_str().map(str::to_owned));
            Value::Texts(texts.collect::<Option<_>>()?)
        }
    })
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_objects_of_json() {
        let schema = Schema::response("GetSecretValue").unwrap();
        let secret = Message::new(schema)
            .with("SecretName", "name")
            .with("VersionStages", vec!["a".to_owned(), "b".to_owned()]);
        let object = json!({"SecretName": "name", "VersionStages": ["a", "b"]});
        assert_eq!(secret.json(), object);
        assert_eq!(Message::of_json(schema, &object), secret);

        let schema = Schema::request("GenerateDataKey").unwrap();
        let request = Message::new(schema).with("NumberOfBytes", 16).with("Aad", &b"\0\xff"[..]);
        let object = json!({"NumberOfBytes": 16, "Aad": "AP8="});
        assert_eq!(request.json(), object);
        let strange = json!({"NumberOfBytes": 16, "Aad": "AP8=", "KeyId": 1, "Other": ""});
        assert_eq!(Message::of_json(schema, &strange), request);
        assert_eq!(Message::of_json(schema, &json!([])), Message::new(schema));
    }
}
