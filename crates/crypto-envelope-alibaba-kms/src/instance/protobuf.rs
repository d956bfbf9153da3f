//! As much of Protocol Buffers, version 3, as the gateway speaks: fields that are varints or have a length,
//! and no messages inside of messages.

#[cfg(any(test, feature = "wire"))]
pub(crate) mod json;
mod types;

use std::fmt;

use crypto_envelope::SecretBytes;
use zeroize::Zeroizing;

pub(crate) use self::types::{SecretText, Type};

/// A message, whose fields [`messages`](super::messages) lists.
pub(crate) trait Message: fmt::Debug + Sized {
    /// As the vendor calls it.
    #[cfg(any(test, feature = "wire"))]
    const NAME: &str;

    /// Every field is empty or zero.
    fn empty() -> Self;

    /// Calls `visit` with the number, the name and the value of each field, in the order of the numbers.
    fn fields(&self, visit: &mut dyn FnMut(u32, &'static str, &dyn Field));

    /// The field with this number.
    fn field_mut(&mut self, number: u32) -> Option<&mut dyn Field>;

    /// The bytes of the message. They may hold plaintext, so they are wiped.
    fn encode(&self) -> SecretBytes {
        let mut room = 0;
        self.fields(&mut |_, _, field| room += field.room());
        // It does not grow: nothing is left behind.
        let mut out = Zeroizing::new(Vec::with_capacity(room));
        self.fields(&mut |number, _, field| field.put(number, &mut out));
        debug_assert!(out.len() <= room);
        SecretBytes::from(std::mem::take(&mut *out))
    }

    /// The bytes of the message, and what is secret in them.
    fn with_secrets(&self) -> Encoded {
        let mut secrets = Vec::new();
        self.fields(&mut |_, _, field| secrets.extend(field.secret().map(SecretBytes::from)));
        Encoded { bytes: self.encode(), secrets }
    }

    /// Reads a message. Fields that are not known are left out; of a field that stands there several times
    /// the last one counts, unless it is a list.
    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut message = Self::empty();
        let mut reader = Reader(bytes);
        while !reader.0.is_empty() {
            let (number, value) = reader.field()?;
            if let Some(field) = message.field_mut(number) {
                field.set(value)?;
            }
        }
        Ok(message)
    }
}

/// A message as it is sent.
#[derive(Debug)]
pub struct Encoded {
    pub(crate) bytes: SecretBytes,
    /// What must not come back in words.
    pub(crate) secrets: Vec<SecretBytes>,
}

/// The value of a field.
pub(crate) trait Field {
    /// As many bytes as it takes at most, with its number.
    fn room(&self) -> usize;

    /// Appends it, unless it is empty or zero: those are not written.
    fn put(&self, number: u32, out: &mut Vec<u8>);

    /// What is in it, if that is secret.
    fn secret(&self) -> Option<&[u8]> {
        None
    }

    /// Takes what a message has.
    fn set(&mut self, value: Value<'_>) -> Result<(), Malformed>;

    /// As the vectors have it.
    #[cfg(any(test, feature = "wire"))]
    fn to_json(&self) -> serde_json::Value;

    /// What the vectors have. False if that is of another type.
    #[cfg(any(test, feature = "wire"))]
    fn set_json(&mut self, value: &serde_json::Value) -> bool;
}

/// What stands in a message, by how it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Of fixed length, which no field of ours has.
    Fixed,
}

impl<'a> Value<'a> {
    fn bytes(self) -> Result<&'a [u8], Malformed> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed("a field is of another type")),
        }
    }

    fn text(self) -> Result<&'a str, Malformed> {
        str::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }

    fn varint(self) -> Result<u64, Malformed> {
        match self {
            Value::Varint(number) => Ok(number),
            _ => Err(Malformed("a field is of another type")),
        }
    }
}

/// The bytes are no message; what is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn field(&mut self) -> Result<(u32, Value<'a>), Malformed> {
        let tag = u32::try_from(self.varint()?).map_err(|_| Malformed("the number of a field"))?;
        let number = tag >> 3;
        if number == 0 {
            return Err(Malformed("the number of a field"));
        }
        let value = match tag & 7 {
            VARINT => Value::Varint(self.varint()?),
            LENGTH => {
                let length = usize::try_from(self.varint()?);
                Value::Bytes(self.take(length.map_err(|_| TOO_SHORT)?)?)
            }
            FIXED_64 => self.take(8).map(|_| Value::Fixed)?,
            FIXED_32 => self.take(4).map(|_| Value::Fixed)?,
            _ => return Err(Malformed("the type of a field")),
        };
        Ok((number, value))
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.take(1)?[0];
            let digit = u64::from(byte & 0x7f);
            if digit << shift >> shift != digit {
                break;
            }
            number |= digit << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed("a number has more than 64 bits"))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(TOO_SHORT)?;
        self.0 = rest;
        Ok(taken)
    }
}

fn put_bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    put_varint((number << 3 | LENGTH).into(), out);
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn put_number(number: u32, value: u64, out: &mut Vec<u8>) {
    put_varint((number << 3 | VARINT).into(), out);
    put_varint(value, out);
}

fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.extend(number.to_le_bytes().first());
}

const VARINT: u32 = 0;
const FIXED_64: u32 = 1;
const LENGTH: u32 = 2;
const FIXED_32: u32 = 5;
/// The longest tag, and the longest varint behind it.
const MAX_HEAD: usize = 5 + 10;
const TOO_SHORT: Malformed = Malformed("it ends too early");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        instance::messages::{
            EncryptRequest, Error, GenerateRandomRequest, GetSecretValueResponse, VerifyResponse,
            decode_json, encode_json,
        },
        test_vectors,
    };

    #[test]
    fn values_are_of_fields_that_there_are() {
        let fits = json!({"KeyId": "k", "Plaintext": {"hex": "00ff"}});
        let expected = [0x0a, 1, b'k', 0x12, 2, 0, 0xff];
        let encoded = encode_json("EncryptRequest", &fits).expect("the fields are those");
        assert_eq!(encoded.expose(), expected);
        for (name, values) in [
            ("Encrypt", &fits),
            ("EncryptRequest", &json!({"KeyID": "k"})),
            ("EncryptRequest", &json!({"KeyId": 1})),
            ("EncryptRequest", &json!({"Plaintext": "00ff"})),
            ("EncryptRequest", &json!({"Plaintext": {"hex": "0"}})),
            ("EncryptRequest", &json!([])),
        ] {
            assert!(encode_json(name, values).is_none(), "{name} {values}");
        }
    }

    #[test]
    fn truncated_messages() {
        for case in test_vectors::cases("alibaba/instance_protobuf.json", 78) {
            let (name, bytes) =
                (test_vectors::str(&case, "message"), test_vectors::hex(&case, "hex"));
            let fields = field_starts(&bytes);
            for length in 0..bytes.len() {
                let decoded = decode_json(name, &bytes[..length]).expect("the message is known");
                // Between two fields nobody can tell.
                assert_eq!(decoded.is_ok(), fields.contains(&length), "{name} {length}");
            }
        }
    }

    fn field_starts(bytes: &[u8]) -> Vec<usize> {
        let mut reader = Reader(bytes);
        let mut starts = vec![];
        while !reader.0.is_empty() {
            starts.push(bytes.len() - reader.0.len());
            reader.field().expect("the message is whole");
        }
        starts
    }

    #[test]
    fn numbers_are_at_most_64_bits() {
        let read = |bytes: &[u8]| Reader(bytes).varint();
        assert_eq!(read(&[0]), Ok(0));
        assert_eq!(read(&[0x80, 0]), Ok(0));
        assert_eq!(read(&[0xac, 2]), Ok(300));
        let largest = [&[0xff; 9][..], &[1]].concat();
        assert_eq!(read(&largest), Ok(u64::MAX));
        for other in [
            [&[0xff; 9][..], &[2]].concat(),
            [&[0x80; 10][..], &[0]].concat(),
            vec![0x80; 9],
            vec![0xff; 100],
            vec![],
        ] {
            assert!(read(&other).is_err(), "{other:02x?}");
        }
    }

    #[test]
    fn lengths_of_several_bytes() -> Result<(), Malformed> {
        for (length, head) in
            [(127, &[0x12, 127][..]), (128, &[0x12, 0x80, 1]), (300, &[0x12, 0xac, 2])]
        {
            let mut message = EncryptRequest::empty();
            message.plaintext = vec![7; length].into();
            let bytes = message.encode();
            assert_eq!(bytes.expose(), [head, &vec![7; length]].concat());
            assert!(EncryptRequest::decode(bytes.expose())?.plaintext.equals(&vec![7; length]));
        }
        Ok(())
    }

    #[test]
    fn negative_numbers_have_ten_bytes() {
        let message = GenerateRandomRequest { length: -2 };
        let mut bytes = vec![0x08, 0xfe];
        bytes.extend([0xff; 8]);
        bytes.push(1);
        assert_eq!(message.encode().expose(), bytes);
        assert_eq!(GenerateRandomRequest::decode(&bytes).map(|message| message.length), Ok(-2));
        // As some write them.
        let short = [0x08, 0xfe, 0xff, 0xff, 0xff, 0x0f];
        assert_eq!(GenerateRandomRequest::decode(&short).map(|message| message.length), Ok(-2));
    }

    #[test]
    fn lengths_that_lie() {
        for bytes in [
            &[0x12, 5, b'a'][..],
            &[0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, b'a'],
            &[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, b'a'],
            &[0x12],
            &[0x09, 1, 2, 3],
            &[0x0d, 1],
        ] {
            assert_eq!(Error::decode(bytes).err(), Some(TOO_SHORT), "{bytes:02x?}");
        }
    }

    #[test]
    fn fields_that_are_not_ours_are_left_out() {
        let bytes = [
            &[0x78, 0x80, 1][..],
            &[0x79, 1, 2, 3, 4, 5, 6, 7, 8],
            &[0x7a, 2, b'h', b'i'],
            &[0x7d, 1, 2, 3, 4],
            &[0xf8, 0xff, 0xff, 0xff, 0x0f, 1],
            &[0x12, 1, b'x'],
        ]
        .concat();
        assert_eq!(Error::decode(&bytes).map(|error| error.code), Ok("x".to_owned()));
        for bytes in [
            // Groups, and types that do not exist.
            &[0x7b][..],
            &[0x7c],
            &[0x7e, 1],
            &[0x7f, 1],
            // Field 0, and one beyond 2^29.
            &[0x00, 1],
            &[0x80, 0x80, 0x80, 0x80, 0x10, 1],
            // Known fields of another type.
            &[0x10, 1],
            &[0x0a, 1, b'a'],
            &[0x15, 1, 2, 3, 4],
            // Not UTF-8.
            &[0x12, 1, 0xff],
        ] {
            assert!(Error::decode(bytes).is_err(), "{bytes:02x?}");
        }
    }

    #[test]
    fn the_last_value_counts_and_lists_grow() -> Result<(), Malformed> {
        let error = Error::decode(&[0x12, 1, b'a', 0x08, 7, 0x12, 1, b'b', 0x08, 9])?;
        assert_eq!((error.code.as_str(), error.status_code), ("b", 9));
        let verified = VerifyResponse::decode(&[0x10, 0, 0x10, 2])?;
        assert!(verified.value);
        let secret = GetSecretValueResponse::decode(&[0x2a, 1, b'a', 0x2a, 0, 0x1a, 1, b's'])?;
        assert_eq!(secret.version_stages, ["a", ""]);
        assert!(secret.secret_data.into_bytes().equals(b"s"));
        assert!(GetSecretValueResponse::decode(&[0x1a, 1, 0xff]).is_err());
        Ok(())
    }

    #[test]
    fn secrets_are_not_printed() {
        for case in test_vectors::cases("alibaba/instance_protobuf.json", 78) {
            if test_vectors::str(&case, "message") == "GetSecretValueResponse" {
                let bytes = test_vectors::hex(&case, "hex");
                let printed = format!("{:?}", GetSecretValueResponse::decode(&bytes));
                assert!(printed.contains("version_stages"));
                assert!(!printed.contains("SecretData-value"), "{printed}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(
            texts in proptest::collection::vec(".{0,40}", 0..5),
            secret in ".{0,300}",
        ) {
            let mut message = GetSecretValueResponse::empty();
            message.version_stages.clone_from(&texts);
            message.secret_data = secret.as_str().into();
            let read = GetSecretValueResponse::decode(message.encode().expose()).expect("it is one");
            prop_assert_eq!(read.version_stages, texts);
            prop_assert!(read.secret_data.into_bytes().equals(secret.as_bytes()));
        }

        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = Error::decode(&bytes);
            let _ = GetSecretValueResponse::decode(&bytes);
            let _ = VerifyResponse::decode(&bytes);
        }
    }
}
