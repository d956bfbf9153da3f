//! `--range`.

use std::{ops::Range, str::FromStr};

/// A part of a plaintext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteRange {
    /// From a byte to before another one, or to the end.
    Between(u64, Option<u64>),
    /// So many bytes before the end.
    Last(u64),
}

impl ByteRange {
    /// The range, in a plaintext of this length.
    pub(crate) fn within(self, length: u64) -> Range<u64> {
        match self {
            Self::Between(start, end) => start..end.unwrap_or(length).min(length),
            Self::Last(bytes) => length.saturating_sub(bytes)..length,
        }
    }
}

impl FromStr for ByteRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected A..B, A.., ..B, or -N".to_owned();
        let number = |text: &str| {
            let has_digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| has_digits).ok_or_else(expected)
        };
        if let Some(bytes) = text.strip_prefix('-') {
            return number(bytes).map(Self::Last);
        }
        let (start, end) = text.split_once("..").ok_or_else(expected)?;
        let start = if start.is_empty() { 0 } else { number(start)? };
        let end = if end.is_empty() { None } else { Some(number(end)?) };
        if end.is_some_and(|end| end < start) {
            return Err("it ends before it starts".to_owned());
        }
        Ok(Self::Between(start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_in_four_ways() {
        for (text, range) in [
            ("0..1", ByteRange::Between(0, Some(1))),
            ("7..7", ByteRange::Between(7, Some(7))),
            ("5..", ByteRange::Between(5, None)),
            ("..9", ByteRange::Between(0, Some(9))),
            ("..", ByteRange::Between(0, None)),
            ("-3", ByteRange::Last(3)),
            ("0..18446744073709551615", ByteRange::Between(0, Some(u64::MAX))),
        ] {
            assert_eq!(text.parse(), Ok(range), "{text}");
        }
        let wrong = [
            "", "5", "1-2", "a..b", "2..1", "-", "--3", "1...2", "+1..2", "1..=2", "-1..2", "1.. 2",
        ];
        for text in wrong {
            assert!(text.parse::<ByteRange>().is_err(), "{text}");
        }
        assert!("18446744073709551616..".parse::<ByteRange>().is_err());
    }
}
