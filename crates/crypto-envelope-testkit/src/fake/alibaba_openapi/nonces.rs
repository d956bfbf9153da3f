//! Each nonce is taken once.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use crate::fake::date::Date;

/// Those of requests that were signed rightly, each with its date. Older ones can be forgotten: nobody
/// takes their dates any more.
#[derive(Debug, Default)]
pub(super) struct Nonces(Mutex<BTreeSet<(Date, String)>>);

impl Nonces {
    /// Whether it is a new one, now that nothing before `earliest` is taken.
    pub(super) fn take(&self, date: Date, nonce: &str, earliest: Date) -> bool {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = taken.split_off(&(earliest, String::new()));
        // A nonce is one whatever the date that comes with it.
        let is_new = taken.iter().all(|(_, other)| other != nonce);
        is_new && taken.insert((date, nonce.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn nonces_are_taken_once_in_their_time() {
        let nonces = Nonces::default();
        let date = |seconds| Date::of(UNIX_EPOCH + Duration::from_secs(seconds));
        for (at, nonce, earliest, expected) in [
            (10, "a", 0, true),
            (10, "a", 0, false),
            (11, "a", 10, false),
            (10, "b", 10, true),
            (12, "a", 11, true),
            (12, "b", 10, true),
        ] {
            assert_eq!(nonces.take(date(at), nonce, date(earliest)), expected, "{nonce} {at}");
        }
    }
}
