//! Errors of services in words.

use std::{error::Error as StdError, io};

use crate::{Error, UnwrapAttempt};

/// The error below `error` that is of this type.
#[must_use]
pub fn caused_by<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let io_error = match error.downcast_ref() {
            Some(Error::Io(error)) => Some(error),
            _ => error.downcast_ref::<io::Error>(),
        };
        next = match io_error.and_then(io::Error::get_ref) {
            // The source of an I/O error is not what it was made of, but what is below that.
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// What a service said, as its errors of this type, if `error` is about that: several times, if it tells
/// what became of several wrapped keys.
#[must_use]
pub fn all_in<E: StdError + 'static>(error: &Error) -> Vec<&E> {
    match error {
        Error::Provider(error) => {
            let source = error.source().and_then(|source| source.downcast_ref());
            source.into_iter().collect()
        }
        Error::NoUsableKey { attempts, .. } => {
            attempts.iter().filter_map(UnwrapAttempt::error).flat_map(all_in).collect()
        }
        _ => Vec::new(),
    }
}

/// What a service said goes into logs: without what controls terminals, and not all of it.
#[must_use]
pub fn said(message: &str) -> String {
    let plain = message.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LONGEST_MESSAGE).collect()
}

/// What went wrong and why, in words: the errors themselves may hold whole requests.
#[must_use]
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let cause = error.to_string();
        if !cause.is_empty() && !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        next = error.source();
    }
    // Some are lists, such as what was tried to find credentials.
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    said(&lines.join("; ").replace(":;", ":"))
}

/// In characters.
const LONGEST_MESSAGE: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_short_and_harmless() {
        assert_eq!(said("two\nlines \u{1b}[31mred"), "two lines  [31mred");
        assert_eq!(said(&"x".repeat(5000)).len(), LONGEST_MESSAGE);
    }

    #[test]
    fn causes_are_found_and_told_once() {
        let below = Error::invalid_input("below");
        let above = io::Error::other(below);
        let found: Option<&Error> = caused_by(&above);
        assert!(matches!(found, Some(Error::InvalidInput { .. })));
        assert!(caused_by::<io::Error>(&Error::InBase64).is_none());
        assert_eq!(chain(&above), "invalid input: below");
        assert_eq!(chain(&io::Error::other("tried:\n  this\n  that")), "tried: this; that");
    }
}
