//! When things happened, and how long ago that is.

use std::{
    fmt,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// A second since 1970, as key rings write it: RFC 3339 in UTC, before the year 10000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Second(u64);

impl Second {
    /// The second of `time`, or the nearest that can be written.
    pub(crate) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(since.as_secs().min(LATEST))
    }

    pub(crate) fn to_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0)
    }

    /// None if it is written in another way, or there was no such second.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| {
            let digits = text.get(from..to)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let (year, month, day): (u64, u64, u64) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second): (u64, u64, u64) =
            (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let in_range = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
        if !in_range || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_before(year, month) + day - 1;
        let parsed = Self(days * DAY + hour * 3600 + minute * 60 + second);
        // The days that a month has, and all that stands between the numbers.
        (parsed.to_string() == text).then_some(parsed)
    }
}

impl fmt::Display for Second {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.0 / DAY, self.0 % DAY);
        let mut year = 1970 + days / 366;
        while days_before(year + 1, 1) <= days {
            year += 1;
        }
        let month = (1..=12).rev().find(|month| days_before(year, *month) <= days).unwrap_or(1);
        let day = days - days_before(year, month) + 1;
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Days from 1970 to the first of a month, in the Gregorian calendar.
fn days_before(year: u64, month: u64) -> u64 {
    let past = year - 1;
    let leap_days = past / 4 - past / 100 + past / 400 - LEAP_DAYS_BEFORE_1970;
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let in_year: u64 = (1..month)
        .map(|month| match month {
            2 => 28 + u64::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        })
        .sum();
    (year - 1970) * 365 + leap_days + in_year
}

/// The clocks of this machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    /// By how much a test is ahead of them, in seconds.
    #[cfg(test)]
    pub(crate) ahead: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Clock {
    /// As people tell it.
    pub(crate) fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead()
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment { steady: Instant::now() + self.ahead(), told: self.now() }
    }

    /// How long ago it is, by the clock that says more: one stops while the machine sleeps, and the
    /// other one can be set back.
    pub(crate) fn since(&self, moment: Moment) -> Duration {
        let now = self.moment();
        let told = now.told.duration_since(moment.told).unwrap_or_default();
        now.steady.saturating_duration_since(moment.steady).max(told)
    }

    #[cfg(test)]
    fn ahead(&self) -> Duration {
        Duration::from_secs(self.ahead.load(std::sync::atomic::Ordering::SeqCst))
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests have a clock of their own")]
    fn ahead(&self) -> Duration {
        Duration::ZERO
    }
}

/// By both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    steady: Instant,
    told: SystemTime,
}

/// In seconds.
const DAY: u64 = 86_400;
/// The last second of the year 9999.
const LATEST: u64 = 253_402_300_799;
const LEAP_DAYS_BEFORE_1970: u64 = 1969 / 4 - 1969 / 100 + 1969 / 400;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_are_written_in_one_way() {
        for (second, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_003_199, "2026-11-18T11:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (LATEST, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Second(second).to_string(), text);
            assert_eq!(Second::parse(text), Some(Second(second)));
            assert_eq!(Second::of(Second(second).to_time()), Second(second));
        }
        assert_eq!(Second::of(UNIX_EPOCH + Duration::from_secs(LATEST + 1)), Second(LATEST));
        assert_eq!(Second::of(UNIX_EPOCH - Duration::from_secs(1)), Second(0));
    }

    #[test]
    fn what_was_never_or_is_written_otherwise_is_none() {
        for text in [
            "",
            "1969-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-06-30T23:59:60Z",
            "2026-01-01t00:00:00z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01T00:00:00.0Z",
            "2026-1-1T0:0:0Z",
            "+026-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "２０２６-01-01T00:00:00Z",
        ] {
            assert_eq!(Second::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_second_is_read_as_it_is_written(second in 0..=LATEST) {
            let second = Second(second);
            prop_assert_eq!(Second::parse(&second.to_string()), Some(second));
        }

        #[test]
        fn nothing_panics(text in "[0-9TZ:-]{0,22}|.{0,22}") {
            if let Some(second) = Second::parse(&text) {
                prop_assert_eq!(second.to_string(), text);
            }
        }
    }
}
