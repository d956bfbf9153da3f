//! Parts of objects.

use std::ops::Range;

use crypto_envelope::{Error, Result};

use crate::answer::Wrong;

/// Which bytes of an object are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ByteRange(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    FromTo { first: u64, last: u64 },
    From { first: u64 },
    Last { length: u64 },
}

impl ByteRange {
    /// Those of this range, with its end left out; fewer, if the object ends before it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is empty: there is no way to ask for that.
    pub fn of(range: Range<u64>) -> Result<Self> {
        if range.is_empty() {
            return Err(empty());
        }
        Ok(Self(Kind::FromTo { first: range.start, last: range.end - 1 }))
    }

    /// All from here on.
    #[must_use]
    pub fn starting_at(first: u64) -> Self {
        Self(Kind::From { first })
    }

    /// So many at the end; all, if there are fewer.
    ///
    /// # Errors
    ///
    /// As [`ByteRange::of`].
    pub fn last(length: u64) -> Result<Self> {
        if length == 0 { Err(empty()) } else { Ok(Self(Kind::Last { length })) }
    }

    /// The header `Range`.
    pub(crate) fn header(self) -> String {
        match self.0 {
            Kind::FromTo { first, last } => format!("bytes={first}-{last}"),
            Kind::From { first } => format!("bytes={first}-"),
            Kind::Last { length } => format!("bytes=-{length}"),
        }
    }

    /// Those of an object that is this long.
    pub(crate) fn within(self, length: u64) -> Range<u64> {
        match self.0 {
            Kind::FromTo { first, last } => first.min(length)..last.saturating_add(1).min(length),
            Kind::From { first } => first.min(length)..length,
            Kind::Last { length: wanted } => length.saturating_sub(wanted)..length,
        }
    }

    /// The same as a range, if that does not depend on where the object ends.
    pub(crate) fn without_end(self) -> Option<Range<u64>> {
        match self.0 {
            Kind::FromTo { first, last } => Some(first..last.saturating_add(1)),
            Kind::From { .. } | Kind::Last { .. } => None,
        }
    }

    /// Whether that is the answer to this.
    pub(crate) fn is_answered_by(self, answer: ContentRange) -> bool {
        let (first, last) = match self.0 {
            Kind::FromTo { first, last } => (first, last.min(answer.total - 1)),
            Kind::From { first } => (first, answer.total - 1),
            Kind::Last { length } => (answer.total.saturating_sub(length), answer.total - 1),
        };
        (answer.first, answer.last) == (first, last)
    }
}

fn empty() -> Error {
    Error::invalid_input("the range is empty, and COS cannot be asked for nothing")
}

/// Which bytes came, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentRange {
    first: u64,
    last: u64,
    total: u64,
}

impl ContentRange {
    /// The bytes that came, with the end left out.
    #[must_use]
    pub fn range(self) -> Range<u64> {
        self.first..self.last + 1
    }

    /// How many bytes the whole object has.
    #[must_use]
    pub fn total(self) -> u64 {
        self.total
    }

    /// Of the header `Content-Range`.
    pub(crate) fn read(text: &str) -> Result<Self, Wrong> {
        let numbers = || {
            let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
            let (first, last) = range.split_once('-')?;
            Some([decimal(first)?, decimal(last)?, decimal(total)?])
        };
        match numbers() {
            Some([first, last, total]) if first <= last && last < total => {
                Ok(Self { first, last, total })
            }
            _ => Err(Wrong::unreadable("with a Content-Range that is none")),
        }
    }
}

/// The standard library takes a sign as well.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_three_forms() -> Result<()> {
        assert_eq!(ByteRange::of(16..21)?.header(), "bytes=16-20");
        assert_eq!(ByteRange::starting_at(5).header(), "bytes=5-");
        assert_eq!(ByteRange::last(7)?.header(), "bytes=-7");
        assert_eq!(ByteRange::of(0..u64::MAX)?.header(), format!("bytes=0-{}", u64::MAX - 1));
        Ok(())
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    fn nothing_cannot_be_asked_for() {
        assert!(ByteRange::of(5..5).is_err());
        assert!(ByteRange::of(5..4).is_err());
        assert!(ByteRange::last(0).is_err());
    }

    #[test]
    fn answers_are_compared_with_what_was_asked() -> Result<()> {
        let answer = |text| ContentRange::read(text).expect("a range");
        for (asked, fine, wrong) in [
            (ByteRange::of(17..21)?, "bytes 17-20/40", &["bytes 16-20/40", "bytes 17-19/40"][..]),
            (ByteRange::of(30..99)?, "bytes 30-39/40", &["bytes 30-38/40"]),
            (ByteRange::starting_at(39), "bytes 39-39/40", &["bytes 38-39/40", "bytes 39-39/41"]),
            (ByteRange::last(10)?, "bytes 30-39/40", &["bytes 0-9/40", "bytes 29-39/40"]),
            (ByteRange::last(99)?, "bytes 0-39/40", &["bytes 1-39/40"]),
        ] {
            assert!(asked.is_answered_by(answer(fine)), "{fine}");
            for wrong in wrong {
                assert!(!asked.is_answered_by(answer(wrong)), "{wrong}");
            }
        }
        Ok(())
    }

    #[test]
    fn headers_that_say_nothing_sensible_are_refused() {
        let max = format!("bytes 0-{0}/{0}", u64::MAX);
        for wrong in [
            "",
            "bytes",
            "bytes 0-1",
            "bytes */40",
            "bytes 0-1/*",
            "bytes 5-4/40",
            "bytes 0-40/40",
            "bytes 0-0/0",
            "bytes +0-1/40",
            "bytes -1/40",
            "items 0-1/40",
            "bytes 0-1/40/",
            "bytes 0-18446744073709551616/40",
            &max,
        ] {
            assert!(ContentRange::read(wrong).is_err(), "{wrong}");
        }
        let range =
            ContentRange::read(&format!("bytes 0-{}/{}", u64::MAX - 1, u64::MAX)).expect("a range");
        assert_eq!((range.range(), range.total()), (0..u64::MAX, u64::MAX));
    }
}
