//! Times as requests and answers carry them, and clocks that are wrong.

use std::time::{SystemTime, UNIX_EPOCH};

use crypto_envelope_http::time;
pub(crate) use crypto_envelope_http::time::http_date;

/// None if that is no such date.
pub(crate) fn parse_http_date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok()
}

/// Since 1970; before that, 0.
pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// By how much the clock of COS, by the header `Date` of its answer, differs from ours, in words; nothing if
/// that is too little to matter.
pub(crate) fn skew(date: &str, now: SystemTime) -> Option<String> {
    time::skew(date, now, "COS")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn clocks_may_say_anything() {
        assert_eq!(unix_seconds(UNIX_EPOCH - Duration::from_hours(1)), 0);
        assert_eq!(parse_http_date("yesterday"), None);
        assert_eq!(skew("yesterday", UNIX_EPOCH), None);
    }
}
