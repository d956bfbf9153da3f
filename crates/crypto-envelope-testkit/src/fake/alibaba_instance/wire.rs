//! Messages as bytes: Protocol Buffers, version 3, and as strict as can be.
//!
//! A parser of the vendor passes over fields that it does not know. Here they are a mistake of the
//! client, and so are fields that come twice and numbers that are too large for their field.

use std::fmt;

use super::{
    message::{Message, Value},
    schema::{Field, Kind, Schema},
};

/// What is wrong with the bytes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// In the order of the numbers, without what holds nothing.
pub(super) fn encode(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in message.schema.fields() {
        match message.get(field.name) {
            Some(Value::Text(text)) if !text.is_empty() => put(&mut bytes, field, text.as_bytes()),
            Some(Value::Bytes(value)) if !value.is_empty() => put(&mut bytes, field, value),
            Some(Value::Number(number)) if *number != 0 => {
                // Negative numbers are written as if they had 64 bits.
                put_varint(&mut bytes, field.number << 3 | VARINT);
                put_varint(&mut bytes, i64::from(*number).cast_unsigned());
            }
            Some(Value::Flag(true)) => {
                put_varint(&mut bytes, field.number << 3 | VARINT);
                put_varint(&mut bytes, 1);
            }
            Some(Value::Texts(texts)) => {
                for text in texts {
                    put(&mut bytes, field, text.as_bytes());
                }
            }
            _ => {}
        }
    }
    bytes
}

pub(super) fn decode(schema: Schema, bytes: &[u8]) -> Result<Message, Malformed> {
    let mut message = Message::new(schema);
    let mut reader = Reader(bytes);
    while !reader.0.is_empty() {
        let tag = reader.varint()?;
        let (number, wire_type) = (tag >> 3, tag & 7);
        let unknown = || Malformed(format!("there is no field {number}"));
        let field = schema.numbered(number).ok_or_else(unknown)?;
        if wire_type != wire_type_of(field.kind) {
            return Err(Malformed(format!("{} has wire type {wire_type}", field.name)));
        }
        let value = read(&mut reader, field)?;
        let before = message.get(field.name).cloned();
        let value = match (before, value) {
            (Some(Value::Texts(before)), Value::Texts(texts)) => {
                Value::Texts([before, texts].concat())
            }
            (Some(_), _) => return Err(Malformed(format!("{} comes twice", field.name))),
            (None, value) => value,
        };
        message.set(field.name, value);
    }
    Ok(message)
}

fn read(reader: &mut Reader<'_>, field: Field) -> Result<Value, Malformed> {
    let wrong = |what: &str| Malformed(format!("{} is {what}", field.name));
    let text = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("no UTF-8"))?;
        Ok(text.to_owned())
    };
    Ok(match field.kind {
        Kind::Text => Value::Text(text(reader.block()?)?),
        Kind::Texts => Value::Texts(vec![text(reader.block()?)?]),
        Kind::Bytes => Value::Bytes(reader.block()?.to_vec()),
        Kind::Number => {
            let number = i32::try_from(reader.varint()?.cast_signed());
            Value::Number(number.map_err(|_| wrong("no number of 32 bits"))?)
        }
        Kind::Flag => match reader.varint()? {
            0 => Value::Flag(false),
            1 => Value::Flag(true),
            _ => return Err(wrong("neither 0 nor 1")),
        },
    })
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or_else(cut)?;
            self.0 = rest;
            let part = u64::from(byte & 0x7f);
            if part << shift >> shift != part {
                break;
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed("a number has more than 64 bits".to_owned()))
    }

    /// A length, and so many bytes.
    fn block(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.varint()?).map_err(|_| cut())?;
        let (block, rest) = self.0.split_at_checked(length).ok_or_else(cut)?;
        self.0 = rest;
        Ok(block)
    }
}

fn cut() -> Malformed {
    Malformed("it ends within a field".to_owned())
}

fn wire_type_of(kind: Kind) -> u64 {
    match kind {
        Kind::Number | Kind::Flag => VARINT,
        Kind::Text | Kind::Bytes | Kind::Texts => BLOCK,
    }
}

fn put(bytes: &mut Vec<u8>, field: Field, block: &[u8]) {
    put_varint(bytes, field.number << 3 | BLOCK);
    put_varint(bytes, block.len() as u64);
    bytes.extend_from_slice(block);
}

fn put_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push((value & 0x7f) as u8);
}

const VARINT: u64 = 0;
const BLOCK: u64 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn encrypt() -> Schema {
        Schema::request("Encrypt").unwrap()
    }

    #[test]
    fn messages_come_back() {
        let secret = Schema::response("GetSecretValue").unwrap();
        let random = Schema::request("GenerateRandom").unwrap();
        let verified = Schema::response("Verify").unwrap();
        let texts =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for (message, bytes) in [
            (Message::new(encrypt()), &b""[..]),
            (
                Message::new(encrypt()).with("Aad", &b"aad"[..]).with("KeyId", "k"),
                b"\x0a\x01k\x22\x03aad",
            ),
            (
                Message::new(secret).with("VersionStages", texts(&["a", "", "b"])),
                b"\x2a\x01a\x2a\0\x2a\x01b",
            ),
            (Message::new(secret).with("RotationInterval", "1"), b"\x6a\x011"),
            (Message::new(random).with("Length", 1), b"\x08\x01"),
            (Message::new(random).with("Length", 300), b"\x08\xac\x02"),
            (Message::new(random).with("Length", i32::MAX), b"\x08\xff\xff\xff\xff\x07"),
            (
                Message::new(random).with("Length", -1),
                b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            ),
            (Message::new(verified).with("Value", true), b"\x10\x01"),
        ] {
            assert_eq!(encode(&message), bytes);
            assert_eq!(decode(message.schema, bytes), Ok(message));
        }
        let long = Message::new(encrypt()).with("Plaintext", vec![7; 70_000]);
        let bytes = encode(&long);
        assert!(bytes.starts_with(&[0x12, 0xf0, 0xa2, 0x04, 7]));
        assert_eq!(decode(encrypt(), &bytes), Ok(long));
        // What holds nothing is not written, and may be.
        let empty = Message::new(encrypt()).with("KeyId", "").with("Aad", vec![0; 0]);
        assert_eq!(encode(&empty), b"");
        assert_eq!(decode(encrypt(), b"\x0a\0\x22\0"), Ok(empty));
    }

    #[test]
    fn what_is_not_right_is_refused() {
        let random = Schema::request("GenerateRandom").unwrap();
        let verified = Schema::response("Verify").unwrap();
        for (schema, bytes, expected) in [
            (encrypt(), &b"\x3a\x01k"[..], "there is no field 7"),
            (encrypt(), b"\x02\x01k", "there is no field 0"),
            (encrypt(), b"\x08\x01", "KeyId has wire type 0"),
            (encrypt(), b"\x0d\0\0\0\0", "KeyId has wire type 5"),
            (random, b"\x0a\x01\x01", "Length has wire type 2"),
            (encrypt(), b"\x0a\x01k\x0a\x01k", "KeyId comes twice"),
            (encrypt(), b"\x0a\x01\xff", "KeyId is no UTF-8"),
            (encrypt(), b"\x0a\x02k", "it ends within a field"),
            (encrypt(), b"\x0a", "it ends within a field"),
            (encrypt(), b"\x0a\x01k\x80", "it ends within a field"),
            (encrypt(), b"\x0a\x01k\0", "there is no field 0"),
            (encrypt(), b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "it ends within a field"),
            (random, b"\x08\x80\x80\x80\x80\x08", "Length is no number of 32 bits"),
            (
                random,
                b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
                "a number has more than 64 bits",
            ),
            (
                random,
                b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
                "a number has more than 64 bits",
            ),
            (verified, b"\x10\x02", "Value is neither 0 nor 1"),
        ] {
            let malformed = decode(schema, bytes).unwrap_err();
            assert_eq!(malformed.to_string(), expected, "{bytes:x?}");
        }
    }
}
