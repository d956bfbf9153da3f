//! The part of an object that is asked for.

use std::ops::Range;

/// The range is not within the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotWithin;

/// Nothing for the whole object, which several ranges at once are answered with too.
pub(crate) fn of(header: Option<&str>, length: usize) -> Result<Option<Range<usize>>, NotWithin> {
    let Some(spec) = header.and_then(|header| header.strip_prefix("bytes=")) else {
        return Ok(None);
    };
    let Some((first, last)) = spec.split_once('-').filter(|_| !spec.contains(',')) else {
        return Ok(None);
    };
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let range = match (first.trim(), last.trim()) {
        ("", last) => {
            let Some(suffix) = number(last) else { return Ok(None) };
            length.saturating_sub(suffix)..length
        }
        (first, "") => {
            let Some(first) = number(first) else { return Ok(None) };
            first..length
        }
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..length.min(last.saturating_add(1)),
            _ => return Ok(None),
        },
    };
    if range.is_empty() {
        return Err(NotWithin);
    }
    Ok(Some(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_within_the_object_or_refused() {
        for (header, expected) in [
            ("bytes=0-0", Some(0..1)),
            ("bytes=3-5", Some(3..6)),
            ("bytes=3-", Some(3..10)),
            ("bytes=3-99", Some(3..10)),
            ("bytes=9-18446744073709551615", Some(9..10)),
            ("bytes=-1", Some(9..10)),
            ("bytes=-99", Some(0..10)),
            ("bytes=5-3", None),
            ("bytes=a-b", None),
            ("bytes=", None),
            ("bytes=-", None),
            ("bytes=0-1,3-4", None),
            ("0-1", None),
            ("items=0-1", None),
        ] {
            assert_eq!(of(Some(header), 10), Ok(expected), "{header}");
        }
        for header in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            assert_eq!(of(Some(header), 10), Err(NotWithin), "{header}");
        }
        assert_eq!(of(Some("bytes=0-"), 0), Err(NotWithin));
        assert_eq!(of(None, 10), Ok(None));
    }
}
