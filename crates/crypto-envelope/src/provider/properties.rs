//! What can be relied on with a [`KeyProvider`](super::KeyProvider).

use std::fmt;

use super::{DetachedTarget, Target};
use crate::{PolicyViolation, Result};

/// Facts about a provider's wrapping that rules depend on. Starts with the cautious answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Properties {
    /// A key unwraps only under the encryption context that it was wrapped under.
    pub binds_context: bool,
    /// A key that unwraps was wrapped by somebody who holds the (secret) wrapping key. Never true
    /// for a public key: anybody may wrap with it.
    pub authenticates_wrapper: bool,
    /// What the provider may be used for.
    pub targets: Targets,
}

impl Properties {
    /// Neither binds the context nor authenticates the wrapper.
    #[must_use]
    pub const fn new(targets: Targets) -> Self {
        Self { binds_context: false, authenticates_wrapper: false, targets }
    }

    /// States that the context is bound.
    #[must_use]
    pub const fn binding_context(mut self) -> Self {
        self.binds_context = true;
        self
    }

    /// States that the wrapper is authenticated.
    #[must_use]
    pub const fn authenticating_wrapper(mut self) -> Self {
        self.authenticates_wrapper = true;
        self
    }

    /// Refuses a target that the provider does not serve. Providers call it first in every method.
    ///
    /// # Errors
    ///
    /// [`PolicyViolation::Target`].
    pub fn check(self, target: Target) -> Result<()> {
        if self.targets.allows(target) {
            Ok(())
        } else {
            Err(PolicyViolation::Target { target }.into())
        }
    }
}

/// A set of [`Target`]s.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Targets(u8);

impl Targets {
    /// Messages of every suite.
    pub const MESSAGES: Self = Self::UNSIGNED_MESSAGES.union(Self::SIGNED_MESSAGES);
    /// Messages of the suites that do not sign.
    pub const UNSIGNED_MESSAGES: Self = Self(1);
    /// Messages of the suites that sign.
    pub const SIGNED_MESSAGES: Self = Self(8);
    /// COS object metadata.
    pub const COS_OBJECTS: Self = Self(2);
    /// Key rings.
    pub const KEY_RINGS: Self = Self(4);

    /// The targets that are in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The targets that are in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether `target` is in the set.
    #[must_use]
    pub fn allows(self, target: Target) -> bool {
        let one = match target {
            Target::Message(suite) if suite.is_signing() => Self::SIGNED_MESSAGES,
            Target::Message(_) => Self::UNSIGNED_MESSAGES,
            Target::Detached(DetachedTarget::CosObject) => Self::COS_OBJECTS,
            Target::Detached(DetachedTarget::KeyRing) => Self::KEY_RINGS,
        };
        self.0 & one.0 != 0
    }
}

impl fmt::Debug for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (Self::UNSIGNED_MESSAGES, "UNSIGNED_MESSAGES"),
            (Self::SIGNED_MESSAGES, "SIGNED_MESSAGES"),
            (Self::COS_OBJECTS, "COS_OBJECTS"),
            (Self::KEY_RINGS, "KEY_RINGS"),
        ];
        let members = names.iter().filter(|(set, _)| self.intersection(*set) == *set);
        f.debug_set().entries(members.map(|(_, name)| format_args!("{name}").to_string())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AlgorithmSuite;

    #[test]
    fn a_set_allows_what_was_put_in() {
        let targets = Targets::UNSIGNED_MESSAGES.union(Targets::KEY_RINGS);
        for &suite in AlgorithmSuite::ALL {
            assert_eq!(targets.allows(Target::Message(suite)), !suite.is_signing());
            assert!(Targets::MESSAGES.allows(Target::Message(suite)));
        }
        assert!(targets.allows(Target::Detached(DetachedTarget::KeyRing)));
        assert!(!targets.allows(Target::Detached(DetachedTarget::CosObject)));
        assert_eq!(targets.intersection(Targets::KEY_RINGS), Targets::KEY_RINGS);
        assert_eq!(format!("{targets:?}"), r#"{"UNSIGNED_MESSAGES", "KEY_RINGS"}"#);
    }
}
