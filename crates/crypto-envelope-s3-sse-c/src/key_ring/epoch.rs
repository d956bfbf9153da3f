//! The number of a root key.

use std::fmt;

use crypto_envelope::{Error, Result};

/// The number of an epoch of a [`KeyRing`](crate::KeyRing), from 1 on: a later one is newer, and none is ever used
/// again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u32);

impl Epoch {
    /// That of a new ring.
    pub(crate) const FIRST: Self = Self(1);

    /// With this number.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is zero.
    pub fn new(number: u32) -> Result<Self> {
        Self::of(number).ok_or_else(|| Error::invalid_input("epochs are counted from 1"))
    }

    pub(crate) fn of(number: u32) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }

    /// The one after it, if there can be one.
    pub(crate) fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_counted_from_one_and_have_an_end() -> Result<()> {
        assert!(Epoch::new(0).is_err());
        assert_eq!(Epoch::new(1)?, Epoch::FIRST);
        assert_eq!(Epoch::FIRST.next(), Some(Epoch::new(2)?));
        assert_eq!(Epoch::new(u32::MAX)?.next(), None);
        assert!(Epoch::new(10)? > Epoch::new(9)?);
        Ok(())
    }
}
