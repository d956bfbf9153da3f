//! Times as requests and answers carry them, and clocks that are wrong.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// As `Thu, 06 Feb 2020 07:32:54 GMT` (RFC 9110, 5.6.7).
pub(crate) fn http_date(time: SystemTime) -> String {
    // Other years do not have four digits, and the crate would panic.
    let latest = UNIX_EPOCH + Duration::from_secs(END_OF_YEAR_9999);
    httpdate::fmt_http_date(time.clamp(UNIX_EPOCH, latest))
}

/// None if that is no such date.
pub(crate) fn parse_http_date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok()
}

/// Since 1970; before that, 0.
pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// By how much the clock of COS, by the header `Date` of its answer, is ahead of ours, or behind it, in
/// words; nothing if that is too little to matter.
pub(crate) fn skew(date: &str, now: SystemTime) -> Option<String> {
    let theirs = parse_http_date(date)?;
    let (gap, direction) = match theirs.duration_since(now) {
        Ok(ahead) => (ahead, "behind"),
        Err(behind) => (behind.duration(), "ahead of"),
    };
    (gap >= NOTABLE).then(|| {
        let (minutes, seconds) = (gap.as_secs() / 60, gap.as_secs() % 60);
        format!("the clock of this machine is {minutes} min {seconds} s {direction} that of COS")
    })
}

const END_OF_YEAR_9999: u64 = 253_402_300_799;
const NOTABLE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_say_anything() {
        assert_eq!(
            http_date(UNIX_EPOCH - Duration::from_hours(1)),
            "Thu, 01 Jan 1970 00:00:00 GMT"
        );
        let late = UNIX_EPOCH + Duration::from_secs(END_OF_YEAR_9999 + 1);
        assert_eq!(http_date(late), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(unix_seconds(UNIX_EPOCH - Duration::from_hours(1)), 0);
        assert_eq!(parse_http_date("yesterday"), None);
    }

    #[test]
    fn a_wrong_clock_is_told_by_how_much() {
        let now = UNIX_EPOCH + Duration::from_secs(1_580_974_374);
        let skew = |gap: u64| skew(&http_date(now + Duration::from_secs(gap)), now);
        assert_eq!(skew(59), None);
        assert_eq!(
            skew(20 * 60 + 5).as_deref(),
            Some("the clock of this machine is 20 min 5 s behind that of COS")
        );
        let past = super::skew(&http_date(now - Duration::from_hours(1)), now);
        assert_eq!(
            past.as_deref(),
            Some("the clock of this machine is 60 min 0 s ahead of that of COS")
        );
        assert_eq!(super::skew("yesterday", now), None);
    }
}
