//! Times as requests carry them, and clocks that are wrong.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// As `Thu, 06 Feb 2020 07:32:54 GMT` (RFC 9110, 5.6.7).
#[must_use]
pub fn http_date(time: SystemTime) -> String {
    // Other years do not have four digits, and the crate would panic.
    let latest = UNIX_EPOCH + Duration::from_secs(END_OF_YEAR_9999);
    httpdate::fmt_http_date(time.clamp(UNIX_EPOCH, latest))
}

/// As `2020-02-06T07:32:54Z` (ISO 8601).
#[must_use]
pub fn iso_date(time: SystemTime) -> String {
    // The crate knows the calendar: `Thu, 06 Feb 2020 07:32:54 GMT`, always of this form.
    let date = http_date(time);
    let month = MONTHS.iter().position(|month| date.get(8..11) == Some(month)).unwrap_or(0) + 1;
    let part = |range| date.get(range).unwrap_or_default();
    format!("{}-{month:02}-{}T{}Z", part(12..16), part(5..7), part(17..25))
}

/// By how much the clock of the service, by the header `Date` of its answer, is ahead of ours, or
/// behind it, in words that name the service; nothing if that is too little to matter.
#[must_use]
pub fn skew(date: &str, now: SystemTime, service: &str) -> Option<String> {
    let theirs = httpdate::parse_http_date(date).ok()?;
    let (gap, direction) = match theirs.duration_since(now) {
        Ok(ahead) => (ahead, "behind"),
        Err(behind) => (behind.duration(), "ahead of"),
    };
    (gap >= NOTABLE).then(|| {
        let (minutes, seconds) = (gap.as_secs() / 60, gap.as_secs() % 60);
        format!(
            "the clock of this machine is {minutes} min {seconds} s {direction} that of {service}"
        )
    })
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const END_OF_YEAR_9999: u64 = 253_402_300_799;
const NOTABLE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn dates_have_two_forms() {
        for (seconds, http, iso) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            (1_580_974_374, "Thu, 06 Feb 2020 07:32:54 GMT", "2020-02-06T07:32:54Z"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT", "2000-02-28T23:59:59Z"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00Z"),
            (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT", "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(http_date(at(seconds)), http);
            assert_eq!(iso_date(at(seconds)), iso);
        }
    }

    #[test]
    fn clocks_may_say_anything() {
        assert_eq!(iso_date(UNIX_EPOCH - Duration::from_hours(1)), "1970-01-01T00:00:00Z");
        assert_eq!(iso_date(at(END_OF_YEAR_9999 + 1)), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn a_wrong_clock_is_told_by_how_much() {
        let now = at(1_580_974_374);
        let skew = |seconds| skew(&http_date(at(seconds)), now, "KMS");
        assert_eq!(skew(1_580_974_374), None);
        assert_eq!(skew(1_580_974_374 + 59), None);
        assert_eq!(
            skew(1_580_974_374 + 20 * 60 + 5).as_deref(),
            Some("the clock of this machine is 20 min 5 s behind that of KMS")
        );
        assert_eq!(
            skew(1_580_974_374 - 3600).as_deref(),
            Some("the clock of this machine is 60 min 0 s ahead of that of KMS")
        );
        assert_eq!(super::skew("yesterday", now, "KMS"), None);
    }
}
