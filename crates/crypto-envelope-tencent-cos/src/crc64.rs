//! Checksums by which COS says what it has stored.

use std::fmt;

use crc_fast::{CrcAlgorithm, Digest};

/// A running CRC-64/XZ, the checksum that COS gives as `x-cos-hash-crc64ecma`. It finds accidents, and no
/// malice.
#[derive(Clone, Copy)]
pub struct Crc64(Digest);

impl Crc64 {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Digest::new(CrcAlgorithm::Crc64Xz))
    }

    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut crc = Self::new();
        crc.update(bytes);
        crc
    }

    /// Goes on with more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Goes on with the bytes that another one has seen: parts can be summed in any order, and on any
    /// thread.
    pub fn append(&mut self, next: &Self) {
        self.0.combine(&next.0);
    }

    /// The checksum of what was seen.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.finalize()
    }

    /// How many bytes were seen.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.0.get_amount()
    }

    /// Of two pieces in a row, from their checksums and the length of the second.
    #[must_use]
    pub fn combined(first: u64, second: u64, second_length: u64) -> u64 {
        crc_fast::checksum_combine(CrcAlgorithm::Crc64Xz, first, second, second_length)
    }

    /// A checksum as COS writes it: decimal.
    pub(crate) fn parse(text: &str) -> Option<u64> {
        // The standard library takes a sign as well.
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    }
}

impl Default for Crc64 {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Crc64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crc64({} of {} bytes)", self.value(), self.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::{array, str};

    #[test]
    fn it_is_the_one_with_the_known_check_value() {
        assert_eq!(Crc64::of(b"123456789").value(), 11_051_210_869_376_104_954);
        assert_eq!(Crc64::new().value(), 0);
    }

    #[test]
    fn it_is_the_one_that_the_official_sdk_saw() {
        let calls = array("transcripts.json", "calls", 14);
        let complete = calls.iter().find(|call| str(call, "call") == "complete_multipart_upload");
        let request = &complete.expect("a call")["requests"][0];
        // The object had one part.
        let part = calls.iter().find(|call| str(call, "call") == "upload_part").expect("a call");
        let [part, whole] = [&part["requests"][0], request]
            .map(|request| Crc64::parse(str(&request["response_headers"], "x-cos-hash-crc64ecma")));
        assert!(part.is_some());
        assert_eq!(part, whole);
    }

    #[test]
    fn parts_of_the_official_sdk_add_up() {
        let calls = array("transcripts.json", "calls", 14);
        let upload = calls.iter().find(|call| str(call, "call").starts_with("upload_file"));
        let requests = upload.expect("a call")["requests"].as_array().expect("requests");
        let crc = |request: &serde_json::Value| {
            Crc64::parse(str(&request["response_headers"], "x-cos-hash-crc64ecma"))
                .expect("decimal")
        };
        let [first, second, whole] = &requests[2..] else { panic!("two parts and their end") };
        assert_eq!(Crc64::combined(crc(first), crc(second), 100), crc(whole));
        assert_ne!(Crc64::combined(crc(second), crc(first), 1 << 20), crc(whole));
    }

    #[test]
    fn pieces_add_up_wherever_they_are_cut() {
        let bytes: Vec<u8> =
            (0..2000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let whole = Crc64::of(&bytes);
        for cut in [0, 1, 7, 16, 255, 1024, 1999, 2000] {
            let (first, second) = bytes.split_at(cut);
            let mut running = Crc64::of(first);
            running.update(second);
            assert_eq!(running.value(), whole.value());
            let mut appended = Crc64::of(first);
            appended.append(&Crc64::of(second));
            assert_eq!((appended.value(), appended.length()), (whole.value(), 2000));
            let combined = Crc64::combined(
                Crc64::of(first).value(),
                Crc64::of(second).value(),
                second.len() as u64,
            );
            assert_eq!(combined, whole.value());
        }
    }

    #[test]
    fn only_decimal_numbers_are_read() {
        assert_eq!(Crc64::parse("18446744073709551615"), Some(u64::MAX));
        assert_eq!(Crc64::parse("0"), Some(0));
        for wrong in ["", "+1", "-1", "18446744073709551616", "0x1", "1 ", "\u{661}"] {
            assert_eq!(Crc64::parse(wrong), None, "{wrong:?}");
        }
    }
}
