//! Who is let in, and what they may do.

use std::time::SystemTime;

use super::{error::KmsError, policy::Verdict, store::ACCOUNT};
use crate::fake::{
    http::Request,
    pattern,
    sigv4::{Authorization, Dialect, Secret},
};

/// An access key and what it may do.
///
/// Its signatures are verified if the fake knows its [`secret`](Self::secret), and not otherwise.
///
/// Without any rule it may do everything that the policy of a key leaves to its account, as the
/// usual policy does. With an [`allow`](Self::allow) it may do only that, and what a grant of which
/// it gives the token, or the policy of the key, adds. A [`deny`](Self::deny) wins over everything,
/// as in AWS, and so does one in the policy of the key.
///
/// ```
/// use crypto_envelope_testkit::fake::aws_kms::AccessKey;
///
/// let reader = AccessKey::new("AKIDREADER", "reader").secret("for tests").allow("Decrypt", "*");
/// ```
#[derive(Clone, Debug)]
pub struct AccessKey {
    id: String,
    user: String,
    secret: Option<Secret>,
    rules: Vec<Rule>,
}

impl AccessKey {
    /// The access key `id` of a user.
    #[must_use]
    pub fn new(id: impl Into<String>, user: impl Into<String>) -> Self {
        Self { id: id.into(), user: user.into(), secret: None, rules: Vec::new() }
    }

    /// The secret access key. From now on a call as this access key has to be signed with it: by
    /// Signature Version 4, with `host` and every `x-amz-` header among the signed ones, at most 15
    /// minutes ago or ahead. The fake itself prints it nowhere.
    #[must_use]
    pub fn secret(mut self, secret: &str) -> Self {
        self.secret = Some(Secret::new(secret));
        self
    }

    /// Allows an operation (`Decrypt`; the two halves of `ReEncrypt` are `ReEncryptFrom` and
    /// `ReEncryptTo`) with a key, by its ARN.
    ///
    /// Both are patterns, as in a policy: `*` is anything, `?` is any character, and operations are
    /// compared without regard to case. What is about no key, as `ListKeys`, is only allowed with
    /// `*` for the key.
    #[must_use]
    pub fn allow(self, operation: impl Into<String>, key_arn: impl Into<String>) -> Self {
        self.with(Effect::Allow, operation.into(), key_arn.into())
    }

    /// Denies it, whatever else allows it.
    #[must_use]
    pub fn deny(self, operation: impl Into<String>, key_arn: impl Into<String>) -> Self {
        self.with(Effect::Deny, operation.into(), key_arn.into())
    }

    /// The ARN of the user, which is what a grant names.
    #[must_use]
    pub fn user_arn(&self) -> String {
        format!("arn:aws:iam::{ACCOUNT}:user/{}", self.user)
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Refuses a request that was not signed with the secret, if that is known.
    pub(super) fn verify(
        &self,
        request: &Request,
        authorization: &Authorization,
        now: SystemTime,
    ) -> Result<(), KmsError> {
        let secret = self.secret.as_ref();
        let Some(secret) = secret else { return Ok(()) };
        Ok(secret.verify(request, authorization, Dialect::Common, now)?)
    }

    /// Whether it may do this, by itself, by a grant, or by the policy of the key.
    pub(super) fn check(
        &self,
        operation: &str,
        resource: &str,
        grants: Grants,
        policy: Verdict,
    ) -> Result<(), KmsError> {
        let applies = |effect: Effect| {
            self.rules
                .iter()
                .any(|rule| rule.effect == effect && rule.is_about(operation, resource))
        };
        let is_permitted = grants == Grants::Permit || policy == Verdict::Allows;
        let is_restricted = self.rules.iter().any(|rule| rule.effect == Effect::Allow);
        let reason = if applies(Effect::Deny) {
            "with an explicit deny in an identity-based policy".to_owned()
        } else if policy == Verdict::Denies {
            "with an explicit deny in a resource-based policy".to_owned()
        } else if is_permitted {
            return Ok(());
        } else if policy == Verdict::IsSilent {
            format!("because no resource-based policy allows the kms:{operation} action")
        } else if is_restricted && !applies(Effect::Allow) {
            format!("because no identity-based policy allows the kms:{operation} action")
        } else {
            return Ok(());
        };
        Err(KmsError::new(
            "AccessDeniedException",
            format!(
                "User: {} is not authorized to perform: kms:{operation} on resource: {resource} \
                 {reason}",
                self.user_arn()
            ),
        ))
    }

    fn with(mut self, effect: Effect, operation: String, key_arn: String) -> Self {
        self.rules.push(Rule { effect, operation, key_arn });
        self
    }
}

/// What the grants, whose tokens a call gives, say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grants {
    Permit,
    AreSilent,
}

#[derive(Clone, Debug)]
struct Rule {
    effect: Effect,
    operation: String,
    key_arn: String,
}

impl Rule {
    fn is_about(&self, operation: &str, resource: &str) -> bool {
        pattern::fits_in_any_case(&self.operation, operation)
            && pattern::fits(&self.key_arn, resource)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[cfg(test)]
mod tests {
    use super::*;

    use Grants::{AreSilent, Permit};

    fn may(key: &AccessKey, operation: &str, resource: &str, grants: Grants) -> bool {
        key.check(operation, resource, grants, Verdict::Delegates).is_ok()
    }

    #[test]
    fn without_rules_everything_is_allowed() {
        assert!(may(&AccessKey::new("A", "alice"), "Decrypt", "key", AreSilent));
    }

    #[test]
    fn what_is_not_allowed_needs_a_grant() {
        let key = AccessKey::new("A", "alice").allow("Decrypt", "one");
        assert!(may(&key, "Decrypt", "one", AreSilent));
        for (operation, resource) in [("Decrypt", "two"), ("Encrypt", "one")] {
            assert!(!may(&key, operation, resource, AreSilent));
            assert!(may(&key, operation, resource, Permit));
        }
    }

    #[test]
    fn rules_are_patterns() {
        let key = AccessKey::new("A", "alice").allow("ReEncrypt*", "arn:*:key/?").deny("*to", "*2");
        for (operation, resource, expected) in [
            ("ReEncryptFrom", "arn:aws:key/1", true),
            ("ReEncryptTo", "arn:aws:key/1", true),
            ("ReEncryptTo", "arn:aws:key/2", false),
            ("ReEncryptFrom", "arn:aws:key/12", false),
            ("Decrypt", "arn:aws:key/1", false),
            ("ReEncryptFrom", "*", false),
        ] {
            assert_eq!(
                may(&key, operation, resource, AreSilent),
                expected,
                "{operation} {resource}"
            );
        }
    }

    #[test]
    fn denying_wins_over_all() {
        let key = AccessKey::new("A", "alice").allow("*", "*").deny("Decrypt", "one");
        assert!(!may(&key, "Decrypt", "one", Permit));
        assert!(may(&key, "Decrypt", "two", AreSilent));
    }

    #[test]
    fn the_policy_of_the_key_has_its_say() {
        let all = AccessKey::new("A", "alice");
        let none = AccessKey::new("A", "alice").allow("DescribeKey", "*");
        let denied = AccessKey::new("A", "alice").deny("Decrypt", "*");
        for (policy, grants, expected) in [
            (Verdict::Allows, AreSilent, [true, true, false]),
            (Verdict::Delegates, AreSilent, [true, false, false]),
            (Verdict::IsSilent, AreSilent, [false, false, false]),
            (Verdict::IsSilent, Permit, [true, true, false]),
            (Verdict::Denies, Permit, [false, false, false]),
        ] {
            let may = |key: &AccessKey| key.check("Decrypt", "key", grants, policy).is_ok();
            assert_eq!([&all, &none, &denied].map(may), expected, "{policy:?} {grants:?}");
        }
    }
}
