//! Dates, and how services write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A second of the calendar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Date {
    /// That of `time`. What is before 1970 is taken for its beginning, what is after 9999 for its end.
    pub(crate) fn of(time: SystemTime) -> Self {
        let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default().min(LATEST).as_secs();
        let (mut day, second) = (since_1970 / DAY.as_secs(), since_1970 % DAY.as_secs());
        let mut year = 1970;
        while day >= days_of_year(year) {
            day -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while day >= days_of_month(year, month) {
            day -= days_of_month(year, month);
            month += 1;
        }
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        Self { year, month, day: day + 1, hour, minute, second }
    }

    /// The basic form of ISO 8601, as `20150830T123600Z`. Texts like this are in the order of the
    /// dates that they mean.
    pub(crate) fn basic(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }
}

/// Whether this is a date in the form of [`Date::basic`].
pub(crate) fn is_basic(text: &str) -> bool {
    text.len() == 16
        && text.bytes().enumerate().all(|(position, byte)| match position {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}

fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

const DAY: Duration = Duration::from_hours(24);
/// The last second of 9999: a year has four digits.
const LATEST: Duration = Duration::from_secs(253_402_300_799);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_a_basic_form() {
        for (seconds, expected) in [
            (0, "19700101T000000Z"),
            (68_169_599, "19720228T235959Z"),
            (68_169_600, "19720229T000000Z"),
            (951_868_799, "20000229T235959Z"),
            (1_440_938_160, "20150830T123600Z"),
            (1_767_225_599, "20251231T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
            (253_402_300_799, "99991231T235959Z"),
            (1 << 60, "99991231T235959Z"),
        ] {
            let text = Date::of(UNIX_EPOCH + Duration::from_secs(seconds)).basic();
            assert_eq!(text, expected);
            assert!(is_basic(&text));
        }
        for text in ["", "20150830", "2015-08-30T12:36Z", "20150830 123600Z", "20150830T123600+"] {
            assert!(!is_basic(text), "{text}");
        }
    }
}
