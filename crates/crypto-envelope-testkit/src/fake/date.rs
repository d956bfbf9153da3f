//! Dates, and how services write them.

use std::{
    ops::Range,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A second of the calendar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

    /// The extended form of ISO 8601, as `2015-08-30T12:36:00Z`.
    pub(crate) fn extended(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// The date in the form of [`extended`](Self::extended), if it is one.
    pub(crate) fn parse_extended(text: &str) -> Option<Self> {
        let number = |range: Range<usize>| text.get(range)?.parse::<u64>().ok();
        let date = Self {
            year: number(0..4)?,
            month: number(5..7)?,
            day: number(8..10)?,
            hour: number(11..13)?,
            minute: number(14..16)?,
            second: number(17..19)?,
        };
        (date.exists() && date.extended() == text).then_some(date)
    }

    /// As headers of HTTP have it: `Sun, 30 Aug 2015 12:36:00 GMT`.
    pub(crate) fn http(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        let weekday = WEEKDAYS[self.weekday()];
        let mut months = (1..).zip(MONTHS);
        let name = months.find_map(|(number, name)| (number == month).then_some(name));
        let name = name.unwrap_or_default();
        format!("{weekday}, {day:02} {name} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }

    /// The date in the form of [`http`](Self::http), if it is one.
    pub(crate) fn parse_http(text: &str) -> Option<Self> {
        let number = |range: Range<usize>| text.get(range)?.parse::<u64>().ok();
        let month = MONTHS.iter().position(|month| text.get(8..11) == Some(month))?;
        let date = Self {
            year: number(12..16)?,
            month: month as u64 + 1,
            day: number(5..7)?,
            hour: number(17..19)?,
            minute: number(20..22)?,
            second: number(23..25)?,
        };
        // Whatever else is written differently is noticed by writing it again.
        (date.exists() && date.http() == text).then_some(date)
    }

    fn exists(self) -> bool {
        self.year >= 1970
            && (1..=12).contains(&self.month)
            && (1..=days_of_month(self.year, self.month)).contains(&self.day)
            && self.hour <= 23
            && self.minute <= 59
            && self.second <= 59
    }

    /// Counted from Sunday.
    fn weekday(self) -> usize {
        let years = (1970..self.year).map(days_of_year).sum::<u64>();
        let months = (1..self.month).map(|month| days_of_month(self.year, month)).sum::<u64>();
        // The first day of 1970 was a Thursday.
        ((years + months + self.day - 1 + 4) % 7) as usize
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

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
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

    #[test]
    fn dates_have_the_form_of_http() {
        for (seconds, expected) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_580_974_374, "Thu, 06 Feb 2020 07:32:54 GMT"),
            (1_767_225_599, "Wed, 31 Dec 2025 23:59:59 GMT"),
        ] {
            let date = Date::of(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(date.http(), expected);
            assert_eq!(Date::parse_http(expected), Some(date));
        }
        for text in [
            "",
            "Thu, 06 Feb 2020 07:32:54",
            "Thu, 06 Feb 2020 07:32:54 +0000",
            "Fri, 06 Feb 2020 07:32:54 GMT",
            "Thu, 6 Feb 2020 07:32:54 GMT",
            "Thu, 06 Feb 2020 07:32:60 GMT",
            "Thu, 06 Feb 2020 24:32:54 GMT",
            "Thu, 06 feb 2020 07:32:54 GMT",
            "Sat, 30 Feb 2019 07:32:54 GMT",
            "Wed, 31 Dec 1969 07:32:54 GMT",
            "Thu, 06 Feb 99999999999999999999 07:32:54 GMT",
            "Thu, 06 Feb 2020 07:32:54 GMT ",
            "20200206T073254Z",
            "ééééééééééééééé",
        ] {
            assert_eq!(Date::parse_http(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_in_order() {
        let date = |seconds| Date::of(UNIX_EPOCH + Duration::from_secs(seconds));
        assert!(date(951_868_799) < date(951_868_800));
    }

    #[test]
    fn dates_have_an_extended_form() {
        let date = Date::of(UNIX_EPOCH + Duration::from_secs(951_868_801));
        assert_eq!(date.extended(), "2000-03-01T00:00:01Z");
        assert_eq!(Date::parse_extended("2000-03-01T00:00:01Z"), Some(date));
        for text in [
            "",
            "20000301T000000Z",
            "2000-03-01T00:00:00",
            "2000-13-01T00:00:00Z",
            "2000-00-01T00:00:00Z",
            "2001-02-29T00:00:00Z",
            "2000-03-01T24:00:00Z",
            "2000-03-01 00:00:00Z",
            "2000-3-01T00:00:00Z",
            "1969-12-31T00:00:00Z",
            "+200-03-01T00:00:00Z",
        ] {
            assert_eq!(Date::parse_extended(text), None, "{text}");
        }
    }
}
