//! Members of JSON objects: what gateways answer, and what is in configuration files.

use std::{fmt, mem};

use base64::{Engine as _, decoded_len_estimate, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::SecretBytes;
use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

/// A JSON object. What is asked for is taken out of it; what is left is wiped.
#[derive(Default)]
pub struct Object {
    members: Map<String, Value>,
    /// Where it is, with a dot behind it.
    path: String,
}

impl Object {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.len() > LONGEST {
            return Err(Unreadable(format!("longer than {LONGEST} bytes")));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self { members, path: String::new() }),
            Ok(mut other) => {
                wipe(&mut other);
                Err(Unreadable("JSON, but no object".to_owned()))
            }
            Err(error) => Err(Unreadable(format!("not JSON: {error}"))),
        }
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<String, Unreadable> {
        self.optional_text(name)?.ok_or_else(|| self.lacks(name))
    }

    /// A text that stays where it is; empty if there is none.
    pub(crate) fn peek(&self, name: &str) -> &str {
        self.members.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// None if it is not there, or null.
    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>, Unreadable> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.is_no(name, "text", other)),
        }
    }

    pub(crate) fn secret(&mut self, name: &str) -> Result<SecretBytes, Unreadable> {
        self.text(name).map(|text| text.into_bytes().into())
    }

    pub(crate) fn optional_secret(
        &mut self,
        name: &str,
    ) -> Result<Option<SecretBytes>, Unreadable> {
        Ok(self.optional_text(name)?.map(|text| text.into_bytes().into()))
    }

    /// What stands there in base64.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Unreadable> {
        let text = self.secret(name)?;
        let bytes = BASE64.decode(text.expose());
        bytes.map_err(|_| self.is_no_base64(name))
    }

    pub(crate) fn secret_bytes(&mut self, name: &str) -> Result<SecretBytes, Unreadable> {
        let text = self.secret(name)?;
        decoded(text.expose()).ok_or_else(|| self.is_no_base64(name))
    }

    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, Unreadable> {
        match self.take(name) {
            None => Err(self.lacks(name)),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(other) => Err(self.is_no(name, "true or false", other)),
        }
    }

    pub(crate) fn number(&mut self, name: &str) -> Result<u32, Unreadable> {
        let value = self.take(name).ok_or_else(|| self.lacks(name))?;
        let number = value.as_u64().and_then(|number| number.try_into().ok());
        number.ok_or_else(|| self.is_no(name, "number from 0 to 4294967295", value))
    }

    pub(crate) fn object(&mut self, name: &str) -> Result<Self, Unreadable> {
        self.optional_object(name)?.ok_or_else(|| self.lacks(name))
    }

    pub(crate) fn optional_object(&mut self, name: &str) -> Result<Option<Self>, Unreadable> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(members)) => {
                Ok(Some(Self { members, path: format!("{}{name}.", self.path) }))
            }
            Some(other) => Err(self.is_no(name, "object", other)),
        }
    }

    /// The items of a list of objects.
    pub(crate) fn objects(&mut self, name: &str) -> Result<Vec<Self>, Unreadable> {
        let mut objects = Vec::new();
        for item in self.items(name)? {
            let path = format!("{}{name}[{}]", self.path, objects.len());
            let mut item =
                Self { members: Map::from_iter([(path.clone(), item)]), path: String::new() };
            objects.push(item.object(&path)?);
        }
        Ok(objects)
    }

    /// The items of a list of texts.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, Unreadable> {
        let mut texts = Vec::new();
        for item in self.items(name)? {
            match item {
                Value::String(text) => texts.push(text),
                other => return Err(self.is_no(name, "list of texts", other)),
            }
        }
        Ok(texts)
    }

    /// A text, under whichever of these names, in upper or lower case.
    pub(crate) fn text_like(&mut self, name: &str) -> Option<String> {
        let found = self.members.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
        self.optional_text(&found).ok().flatten()
    }

    fn items(&mut self, name: &str) -> Result<Vec<Value>, Unreadable> {
        match self.take(name) {
            None => Err(self.lacks(name)),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(self.is_no(name, "list", other)),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    fn lacks(&self, name: &str) -> Unreadable {
        Unreadable(format!("without {}{name}", self.path))
    }

    fn is_no_base64(&self, name: &str) -> Unreadable {
        Unreadable(format!("{}{name} in it is no base64", self.path))
    }

    fn is_no(&self, name: &str, what: &str, mut value: Value) -> Unreadable {
        wipe(&mut value);
        Unreadable(format!("{}{name} in it is no {what}", self.path))
    }
}

/// Without values.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members.keys()).finish()
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        self.members.values_mut().for_each(wipe);
    }
}

/// Why JSON is not what it should be. It shows no values.
#[derive(Debug)]
pub struct Unreadable(pub(crate) String);

/// What a secret text in base64 stands for. Nothing is left of it if it turns out to be none.
pub(crate) fn decoded(text: &[u8]) -> Option<SecretBytes> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(decoded_len_estimate(text.len())));
    BASE64.decode_vec(text, &mut bytes).ok()?;
    Some(SecretBytes::from(mem::take(&mut *bytes)))
}

/// The parser goes no deeper than 128 levels, and neither does this.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        _ => {}
    }
}

/// In bytes. A secret has at most 30 KB, a page at most 100 items.
pub(crate) const LONGEST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        Object::parse(text.as_bytes()).expect("it is an object")
    }

    fn why<T: fmt::Debug>(result: Result<T, Unreadable>) -> String {
        result.expect_err("it cannot be read").0
    }

    #[test]
    fn members_are_taken_once_and_null_is_none() {
        let mut object = object(r#"{"a": "\u00e9", "b": null, "n": 4294967295, "t": true}"#);
        assert_eq!(object.text("a").ok().as_deref(), Some("é"));
        assert_eq!(why(object.text("a")), "without a");
        assert_eq!(why(object.text("b")), "without b");
        assert!(object.optional_text("b").is_ok_and(|text| text.is_none()));
        assert_eq!(object.number("n").ok(), Some(u32::MAX));
        assert_eq!(object.flag("t").ok(), Some(true));
    }

    #[test]
    fn wrong_types_are_told_with_their_path_and_not_their_value() {
        let mut root =
            object(r#"{"o": {"l": [{"x": "secret"}, {"x": 7}], "s": ["t", 8]}, "b": "?"}"#);
        let mut inner = root.object("o").expect("an object");
        let mut items = inner.objects("l").expect("objects");
        assert_eq!(why(items[1].text("x")), "o.l[1].x in it is no text");
        assert_eq!(why(items[1].text("y")), "without o.l[1].y");
        assert_eq!(why(items[0].number("x")), "o.l[0].x in it is no number from 0 to 4294967295");
        assert_eq!(why(inner.texts("s")), "o.s in it is no list of texts");
        assert_eq!(why(root.bytes("b")), "b in it is no base64");
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let deep = "[".repeat(100_000);
        let deep_object = format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200));
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(LONGEST));
        for text in [
            "",
            "{",
            "{}x",
            "[]",
            "\"secret\"",
            "1e999",
            "{\"a\": 1e999}",
            "{\"a\"}",
            &deep,
            &deep_object,
            &long,
        ] {
            let why = why(Object::parse(text.as_bytes()));
            assert!(!why.contains("secret"), "{why}");
        }
        assert!(Object::parse(b"{\"a\": \"\xFF\"}").is_err());
        for huge in ["1e300", "-1", "0.5", "4294967296", "99999999999999999999999999"] {
            assert!(object(&format!("{{\"n\": {huge}}}")).number("n").is_err(), "{huge}");
        }
    }

    #[test]
    fn what_is_left_is_wiped() {
        let mut value = serde_json::json!({"a": "s", "b": ["s", {"c": "s"}], "d": 1});
        wipe(&mut value);
        assert_eq!(value, serde_json::json!({"a": "", "b": ["", {"c": ""}], "d": 1}));
    }

    #[test]
    fn values_are_not_shown() {
        let object = object(r#"{"Plaintext": "secret"}"#);
        assert_eq!(format!("{object:?}"), "{\"Plaintext\"}");
    }
}
