//! The types of fields.

use crypto_envelope::SecretBytes;
#[cfg(any(test, feature = "wire"))]
use serde_json::Value as Json;

#[cfg(any(test, feature = "wire"))]
use super::json;
use super::{Field, MAX_HEAD, Malformed, Value, put_bytes, put_number};

/// A text that is secret: wiped, and not printed.
#[derive(Debug)]
pub(crate) struct SecretText(SecretBytes);

impl SecretText {
    /// Its UTF-8.
    pub(crate) fn into_bytes(self) -> SecretBytes {
        self.0
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(SecretBytes::from(text.as_bytes()))
    }
}

/// Fields that are not there are empty or zero. (What is secret has no `Default`.)
pub(crate) trait Type {
    fn empty() -> Self;
}

impl Field for String {
    fn room(&self) -> usize {
        MAX_HEAD + self.len()
    }

    fn put(&self, number: u32, out: &mut Vec<u8>) {
        put_unless_empty(number, self.as_bytes(), out);
    }

    fn set(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        value.text()?.clone_into(self);
        Ok(())
    }

    #[cfg(any(test, feature = "wire"))]
    fn to_json(&self) -> Json {
        self.as_str().into()
    }

    #[cfg(any(test, feature = "wire"))]
    fn set_json(&mut self, value: &Json) -> bool {
        value.as_str().map(|text| text.clone_into(self)).is_some()
    }
}

impl Field for Vec<String> {
    fn room(&self) -> usize {
        self.iter().map(Field::room).sum()
    }

    /// Empty ones are written: they count.
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        for text in self {
            put_bytes(number, text.as_bytes(), out);
        }
    }

    fn set(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        self.push(value.text()?.to_owned());
        Ok(())
    }

    #[cfg(any(test, feature = "wire"))]
    fn to_json(&self) -> Json {
        self.as_slice().into()
    }

    #[cfg(any(test, feature = "wire"))]
    fn set_json(&mut self, value: &Json) -> bool {
        let texts = value.as_array().map(|texts| texts.iter().map(Json::as_str));
        let texts = texts.and_then(|texts| texts.map(|text| text.map(str::to_owned)).collect());
        texts.map(|texts| *self = texts).is_some()
    }
}

impl Field for Vec<u8> {
    fn room(&self) -> usize {
        MAX_HEAD + self.len()
    }

    fn put(&self, number: u32, out: &mut Vec<u8>) {
        put_unless_empty(number, self, out);
    }

    fn set(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        value.bytes()?.clone_into(self);
        Ok(())
    }

    #[cfg(any(test, feature = "wire"))]
    fn to_json(&self) -> Json {
        json::of_bytes(self)
    }

    #[cfg(any(test, feature = "wire"))]
    fn set_json(&mut self, value: &Json) -> bool {
        json::to_bytes(value).map(|bytes| *self = bytes).is_some()
    }
}

impl Field for SecretBytes {
    fn room(&self) -> usize {
        MAX_HEAD + self.len()
    }

    fn put(&self, number: u32, out: &mut Vec<u8>) {
        put_unless_empty(number, self.expose(), out);
    }

    fn secret(&self) -> Option<&[u8]> {
        Some(self.expose())
    }

    fn set(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        *self = Self::from(value.bytes()?);
        Ok(())
    }

    #[cfg(any(test, feature = "wire"))]
    fn to_json(&self) -> Json {
        json::of_bytes(self.expose())
    }

    #[cfg(any(test, feature = "wire"))]
    fn set_json(&mut self, value: &Json) -> bool {
        json::to_bytes(value).map(|bytes| *self = bytes.into()).is_some()
    }
}

impl Field for SecretText {
    fn room(&self) -> usize {
        self.0.room()
    }

    fn put(&self, number: u32, out: &mut Vec<u8>) {
        self.0.put(number, out);
    }

    fn secret(&self) -> Option<&[u8]> {
        self.0.secret()
    }

    fn set(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        *self = value.text()?.into();
        Ok(())
    }

    #[cfg(any(test, feature = "wire"))]
    fn to_json(&self) -> Json {
        String::from_utf8_lossy(self.0.expose()).into()
    }

    #[cfg(any(test, feature = "wire"))]
    fn set_json(&mut self, value: &Json) -> bool {
        value.as_str().map(|text| *self = text.into()).is_some()
    }
}

impl Field for i32 {
    fn room(&self) -> usize {
        MAX_HEAD
    }

    /// Negative numbers are written as if they had 64 bits.
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        if *self != 0 {
            put_number(number, i64::from(*self).cast_unsigned(), out);
        }
    }

    /// Of longer numbers the lower half counts, as the format wants it.
    fn set(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        let [.., a, b, c, d] = value.varint()?.to_be_bytes();
        *self = Self::from_be_bytes([a, b, c, d]);
        Ok(())
    }

    #[cfg(any(test, feature = "wire"))]
    fn to_json(&self) -> Json {
        (*self).into()
    }

    #[cfg(any(test, feature = "wire"))]
    fn set_json(&mut self, value: &Json) -> bool {
        let number = value.as_i64().and_then(|number| number.try_into().ok());
        number.map(|number| *self = number).is_some()
    }
}

impl Field for bool {
    fn room(&self) -> usize {
        MAX_HEAD
    }

    fn put(&self, number: u32, out: &mut Vec<u8>) {
        if *self {
            put_number(number, 1, out);
        }
    }

    fn set(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        *self = value.varint()? != 0;
        Ok(())
    }

    #[cfg(any(test, feature = "wire"))]
    fn to_json(&self) -> Json {
        (*self).into()
    }

    #[cfg(any(test, feature = "wire"))]
    fn set_json(&mut self, value: &Json) -> bool {
        value.as_bool().map(|value| *self = value).is_some()
    }
}

fn put_unless_empty(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    if !bytes.is_empty() {
        put_bytes(number, bytes, out);
    }
}

macro_rules! empty {
    ($($type:ty => $empty:expr;)+) => {
        $(impl Type for $type {
            fn empty() -> Self {
                $empty
            }
        })+
    };
}

empty! {
    String => Self::new();
    Vec<String> => Self::new();
    Vec<u8> => Self::new();
    SecretBytes => Self::from(Vec::new());
    SecretText => Self(Vec::new().into());
    i32 => 0;
    bool => false;
}
