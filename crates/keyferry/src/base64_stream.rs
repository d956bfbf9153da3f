//! Base64 in pieces of any size (RFC 4648, section 4).

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use zeroize::Zeroizing;

/// Turns bytes into one line of base64. They may be plaintext, so what is kept is wiped.
pub(crate) struct Encoder {
    /// What does not fill a group of three.
    pending: Zeroizing<Vec<u8>>,
    text: Zeroizing<Vec<u8>>,
}

/// Turns base64 into bytes. Blanks and ends of lines do not count.
pub(crate) struct Decoder {
    /// What does not fill a group of four.
    pending: Zeroizing<Vec<u8>>,
    bytes: Zeroizing<Vec<u8>>,
    /// How much text there was.
    offset: u64,
    /// Where the group began that is not complete.
    group: u64,
    padding: Padding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Padding {
    NotSeen,
    /// Only more of it can follow.
    Seen,
    /// The last group is complete: only blanks can follow.
    Complete,
}

/// Where the text is not base64 any more, in bytes from its start.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotBase64 {
    pub(crate) offset: u64,
}

/// The longest piece that is taken at once: buffers never grow, so no copy is left behind.
pub(crate) const LONGEST_PIECE: usize = 48 << 10;

impl Encoder {
    pub(crate) fn new() -> Self {
        Self { pending: buffer(LONGEST_PIECE + 2), text: buffer(LONGEST_PIECE.div_ceil(3) * 4 + 5) }
    }

    /// The text of as many bytes as fill groups.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> &[u8] {
        self.pending.extend_from_slice(bytes);
        let whole = self.pending.len() / 3 * 3;
        self.encode(whole);
        self.pending.drain(..whole);
        &self.text
    }

    /// The rest, and the end of the line.
    pub(crate) fn finish(&mut self) -> &[u8] {
        self.encode(self.pending.len());
        self.text.push(b'\n');
        &self.text
    }

    fn encode(&mut self, length: usize) {
        self.text.resize(length.div_ceil(3) * 4, 0);
        // Cannot fail: the slice is as long as the text.
        let _ = BASE64.encode_slice(&self.pending[..length], &mut self.text);
    }
}

impl Decoder {
    pub(crate) fn new() -> Self {
        let (pending, bytes) = (buffer(LONGEST_PIECE + 3), buffer(LONGEST_PIECE));
        Self { pending, bytes, offset: 0, group: 0, padding: Padding::NotSeen }
    }

    /// Decodes as much text as fills groups, into [`bytes`](Self::bytes).
    pub(crate) fn push(&mut self, text: &[u8]) -> Result<(), NotBase64> {
        for byte in text {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                self.take(*byte)?;
            }
            self.offset += 1;
        }
        let whole = self.pending.len() / 4 * 4;
        self.bytes.resize(whole / 4 * 3, 0);
        // What is left to be wrong are bits behind the last byte.
        let decoded = BASE64.decode_slice(&self.pending[..whole], &mut self.bytes);
        let length = decoded.map_err(|_| NotBase64 { offset: self.group })?;
        self.bytes.truncate(length);
        self.pending.drain(..whole);
        Ok(())
    }

    fn take(&mut self, byte: u8) -> Result<(), NotBase64> {
        let place = self.pending.len() % 4;
        let fits = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                self.padding == Padding::NotSeen
            }
            b'=' => self.padding != Padding::Complete && place >= 2,
            _ => false,
        };
        if !fits {
            return Err(NotBase64 { offset: self.offset });
        }
        if place == 0 {
            self.group = self.offset;
        }
        if byte == b'=' {
            self.padding = if place == 3 { Padding::Complete } else { Padding::Seen };
        }
        self.pending.push(byte);
        Ok(())
    }

    /// What the last piece stands for.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Nothing may be left over.
    pub(crate) fn finish(&self) -> Result<(), NotBase64> {
        if self.pending.is_empty() { Ok(()) } else { Err(NotBase64 { offset: self.offset }) }
    }
}

fn buffer(capacity: usize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Vec::with_capacity(capacity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut encoder = Encoder::new();
        let mut text = Vec::new();
        for bytes in bytes.chunks(piece) {
            text.extend_from_slice(encoder.push(bytes));
        }
        text.extend_from_slice(encoder.finish());
        text
    }

    fn decode(text: &[u8], piece: usize) -> Result<Vec<u8>, NotBase64> {
        let mut decoder = Decoder::new();
        let mut bytes = Vec::new();
        for text in text.chunks(piece) {
            decoder.push(text)?;
            bytes.extend_from_slice(decoder.bytes());
        }
        decoder.finish()?;
        Ok(bytes)
    }

    #[test]
    fn all_pieces_give_the_same() -> Result<(), NotBase64> {
        let bytes: Vec<u8> = (0..=255).collect();
        for length in 0..20 {
            let mut text = BASE64.encode(&bytes[..length]).into_bytes();
            text.push(b'\n');
            for piece in 1..22 {
                assert_eq!(encode(&bytes[..length], piece), text);
                assert_eq!(decode(&text, piece)?, &bytes[..length]);
            }
        }
        Ok(())
    }

    #[test]
    fn buffers_of_the_longest_piece_do_not_grow() -> Result<(), NotBase64> {
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
        let piece = vec![b'a'; LONGEST_PIECE - 1];
        let before = (encoder.pending.capacity(), encoder.text.capacity());
        for _ in 0..3 {
            encoder.push(&piece);
        }
        encoder.finish();
        assert_eq!((encoder.pending.capacity(), encoder.text.capacity()), before);
        let before = (decoder.pending.capacity(), decoder.bytes.capacity());
        for _ in 0..3 {
            decoder.push(&piece)?;
        }
        assert_eq!((decoder.pending.capacity(), decoder.bytes.capacity()), before);
        Ok(())
    }

    #[test]
    fn lines_may_be_broken_anywhere() {
        assert_eq!(decode(b" AA\r\nEC\tAw\n==\n\n", 5), Ok(vec![0, 1, 2, 3]));
    }

    #[test]
    fn what_is_not_base64_is_found() {
        for (text, offset) in [
            ("AAEC\0", 4),
            ("AAE", 3),
            ("AA=", 3),
            ("AAE=AAEC", 4),
            ("AAE==", 4),
            ("A===", 1),
            ("=AAA", 0),
            ("AA=A", 3),
            ("AA-_", 2),
            ("AA==\nA", 5),
            ("AAEC AB==", 5),
        ] {
            for piece in [1, 3, 1000] {
                let error = Err(NotBase64 { offset });
                assert_eq!(decode(text.as_bytes(), piece), error, "{text:?} {piece}");
            }
        }
    }
}
