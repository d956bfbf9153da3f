//! Reading and writing the primitives of the format: big-endian integers and byte strings behind
//! a 16-bit length.

use crate::{Error, Result};

/// Reads from the front of a byte slice, and knows where in the message it is.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: u64,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, the first of which is at `offset` in the message.
    pub(crate) fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self { rest: bytes, offset }
    }

    /// The next `length` bytes. `what` is what the message lacks if they are not there.
    pub(crate) fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| self.malformed(what))?;
        self.rest = rest;
        self.offset += length as u64;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, what)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8> {
        self.array(what).map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16> {
        self.array(what).map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32> {
        self.array(what).map(u32::from_be_bytes)
    }

    /// A byte string behind its 16-bit length, as a reader of its own.
    pub(crate) fn sub(&mut self, what: &'static str) -> Result<Self> {
        let length = self.u16(what)?;
        let offset = self.offset;
        Ok(Self::new(self.take(usize::from(length), what)?, offset))
    }

    /// A byte string behind its 16-bit length.
    pub(crate) fn prefixed(&mut self, what: &'static str) -> Result<&'a [u8]> {
        Ok(self.sub(what)?.rest)
    }

    /// A UTF-8 string behind its 16-bit length.
    pub(crate) fn text(&mut self, what: &'static str) -> Result<String> {
        let offset = self.offset;
        let bytes = self.prefixed(what)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Error::Malformed { what, offset })
    }

    /// How many of `total` bytes, which are all that it was given, were read.
    pub(crate) fn consumed(&self, total: usize) -> usize {
        total - self.rest.len()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything must have been read: `what` says what else there is.
    pub(crate) fn all(self, what: &'static str) -> Result<()> {
        if self.is_at_end() { Ok(()) } else { Err(self.malformed(what)) }
    }

    pub(crate) fn malformed(&self, what: &'static str) -> Error {
        Error::Malformed { what, offset: self.offset }
    }
}

/// Appends `bytes` behind their 16-bit length. `None`, with nothing appended, if they are longer.
#[must_use]
pub(crate) fn put_prefixed(out: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    let length = u16::try_from(bytes.len()).ok()?;
    out.extend(length.to_be_bytes());
    out.extend_from_slice(bytes);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_there_and_says_where_it_ends() -> Result<()> {
        let mut reader = Reader::new(b"\x01\0\x02\0\x03abcX", 100);
        assert_eq!(reader.u8("byte")?, 1);
        assert_eq!(reader.u16("short")?, 2);
        assert_eq!(reader.text("text")?, "abc");
        assert!(matches!(reader.u32("long"), Err(Error::Malformed { what: "long", offset: 108 })));
        assert!(matches!(reader.all("rest"), Err(Error::Malformed { what: "rest", .. })));
        Ok(())
    }

    #[test]
    fn a_length_beyond_the_end_is_malformed() {
        let mut reader = Reader::new(b"\xff\xffabc", 0);
        assert!(matches!(reader.sub("section"), Err(Error::Malformed { .. })));
    }

    #[test]
    fn text_must_be_utf8() {
        let mut reader = Reader::new(b"\0\x01\xff", 0);
        assert!(matches!(reader.text("key"), Err(Error::Malformed { what: "key", offset: 0 })));
    }

    #[test]
    fn too_long_a_string_is_not_written() {
        let mut out = Vec::new();
        assert_eq!(put_prefixed(&mut out, &vec![0; 65_536]), None);
        assert!(out.is_empty());
    }
}
