//! Key policies: what a key itself says about who may do what with it.

mod document;

use std::sync::{Arc, LazyLock};

use super::{access::Effect, context::Context, error::KmsError, store::ACCOUNT};
use crate::fake::pattern;

/// A key policy, as it was put and as it is understood.
#[derive(Debug)]
pub(super) struct Policy {
    text: String,
    statements: Vec<Statement>,
}

/// What somebody wants to do with a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    /// The ARN of the user.
    pub(super) user: &'a str,
    /// As `Decrypt`.
    pub(super) action: &'a str,
    /// The ARN of the key.
    pub(super) key: &'a str,
    pub(super) context: &'a Context,
}

/// What a policy says of an attempt. The strongest word comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    IsSilent,
    /// It leaves it to the identity-based policies of the account.
    Delegates,
    Allows,
    Denies,
}

impl Policy {
    /// Refuses whatever it does not understand: a condition that is passed over would be a lie.
    pub(super) fn parse(text: &str) -> Result<Self, KmsError> {
        Ok(Self { statements: document::read(text)?, text: text.to_owned() })
    }

    /// The policy that a key has of which nothing else is said. It leaves all to the account of the
    /// access keys, and so it does for keys of the vectors in other accounts.
    pub(super) fn usual() -> Arc<Self> {
        static USUAL: LazyLock<Arc<Policy>> = LazyLock::new(|| {
            let policy = Policy::parse(&USUAL_TEXT.replace("ACCOUNT", ACCOUNT));
            Arc::new(policy.expect("our own text, which the tests parse"))
        });
        Arc::clone(&USUAL)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn verdict(&self, attempt: &Attempt<'_>) -> Verdict {
        let verdicts = self.statements.iter().map(|statement| statement.verdict(attempt));
        verdicts.max().unwrap_or(Verdict::IsSilent)
    }
}

#[derive(Debug)]
struct Statement {
    effect: Effect,
    principals: Vec<Principal>,
    /// With wildcards, as `kms:Generate*`.
    actions: Vec<String>,
    /// With wildcards.
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

impl Statement {
    fn verdict(&self, attempt: &Attempt<'_>) -> Verdict {
        if !self.is_about(attempt) {
            return Verdict::IsSilent;
        }
        let verdicts = self.principals.iter().map(|principal| principal.verdict(attempt.user));
        match (self.effect, verdicts.max().unwrap_or(Verdict::IsSilent)) {
            (_, Verdict::IsSilent) => Verdict::IsSilent,
            (Effect::Deny, _) => Verdict::Denies,
            (Effect::Allow, allowed) => allowed,
        }
    }

    fn is_about(&self, attempt: &Attempt<'_>) -> bool {
        let action = format!("kms:{}", attempt.action);
        self.actions.iter().any(|pattern| pattern::fits_in_any_case(pattern, &action))
            && self.resources.iter().any(|resource| pattern::fits(resource, attempt.key))
            && self.conditions.iter().all(|condition| condition.holds(attempt.context))
    }
}

#[derive(Debug)]
enum Principal {
    Everybody,
    /// All of an account, by its number.
    Account(String),
    /// Whoever has this ARN.
    Named(String),
}

impl Principal {
    /// What it says of a user whom it allows something.
    fn verdict(&self, user: &str) -> Verdict {
        match self {
            Self::Everybody => Verdict::Allows,
            Self::Named(arn) if arn == user => Verdict::Allows,
            Self::Account(account) if user.split(':').nth(4) == Some(account) => Verdict::Delegates,
            Self::Named(_) | Self::Account(_) => Verdict::IsSilent,
        }
    }
}

/// On `kms:EncryptionContext:KEY`.
#[derive(Debug)]
struct Condition {
    operator: Operator,
    key: String,
    /// Any of them will do, and with a negated operator none.
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Equals,
    NotEquals,
    Like,
}

impl Condition {
    fn holds(&self, context: &Context) -> bool {
        let is_wanted = |value: &str| {
            self.values.iter().any(|wanted| match self.operator {
                Operator::Equals | Operator::NotEquals => wanted == value,
                Operator::Like => pattern::fits(wanted, value),
            })
        };
        let is_found = context.values_of(&self.key).any(is_wanted);
        match self.operator {
            Operator::Equals | Operator::Like => is_found,
            // It holds for a context without the key too, as in AWS.
            Operator::NotEquals => !is_found,
        }
    }
}

/// As AWS writes it.
const USUAL_TEXT: &str = r#"{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::ACCOUNT:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"#;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;

    use Verdict::{Allows, Delegates, Denies, IsSilent};

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    /// A statement that allows everybody everything, but for what is said here.
    fn statement(members: &Value) -> Value {
        let mut statement =
            json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
        for (name, value) in members.as_object().unwrap() {
            statement[name] = value.clone();
        }
        statement
    }

    /// What the statements say when Alice decrypts with this context.
    fn verdict(statements: &[Value], context: &[(&str, &str)]) -> Verdict {
        let statements = statements.iter().map(statement).collect::<Vec<_>>();
        let policy = Policy::parse(&json!({"Statement": statements}).to_string()).unwrap();
        let pairs = context.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let context = Context::new(pairs.collect::<BTreeMap<_, _>>()).unwrap();
        policy.verdict(&Attempt { user: ALICE, action: "Decrypt", key: KEY, context: &context })
    }

    #[test]
    fn the_usual_policy_leaves_it_to_the_account() {
        let policy = Policy::usual();
        let context = Context::default();
        let of = |user| {
            policy.verdict(&Attempt { user, action: "Decrypt", key: KEY, context: &context })
        };
        assert_eq!(of(ALICE), Delegates);
        assert_eq!(of("arn:aws:iam::444455556666:user/alice"), IsSilent);
    }

    #[test]
    fn principals_are_users_accounts_and_everybody() {
        for (principal, expected) in [
            (json!("*"), Allows),
            (json!({"AWS": "*"}), Allows),
            (json!({"AWS": ALICE}), Allows),
            (json!({"AWS": ["arn:aws:iam::111122223333:user/bob", ALICE]}), Allows),
            (json!({"AWS": ["arn:aws:iam::111122223333:root", ALICE]}), Allows),
            (json!({"AWS": "arn:aws:iam::111122223333:root"}), Delegates),
            (json!({"AWS": "111122223333"}), Delegates),
            (json!({"AWS": "444455556666"}), IsSilent),
            (json!({"AWS": "arn:aws:iam::111122223333:user/alice2"}), IsSilent),
            (json!({"AWS": "arn:aws:iam::111122223333:role/alice"}), IsSilent),
        ] {
            assert_eq!(verdict(&[json!({"Principal": principal})], &[]), expected, "{principal}");
            let denied = verdict(&[json!({"Principal": principal, "Effect": "Deny"})], &[]);
            let expected = if expected == IsSilent { IsSilent } else { Denies };
            assert_eq!(denied, expected, "{principal}");
        }
    }

    #[test]
    fn actions_have_wildcards_and_no_case() {
        for (action, expected) in [
            (json!("*"), Allows),
            (json!("kms:*"), Allows),
            (json!("kms:Decrypt"), Allows),
            (json!("KMS:decrypt"), Allows),
            (json!("kms:D?crypt"), Allows),
            (json!(["kms:Encrypt", "kms:De*"]), Allows),
            (json!("kms:Encrypt"), IsSilent),
            (json!("kms:Decrypt?"), IsSilent),
            (json!("s3:*"), IsSilent),
        ] {
            assert_eq!(verdict(&[json!({"Action": action})], &[]), expected, "{action}");
        }
    }

    #[test]
    fn resources_have_wildcards() {
        for (resource, expected) in [
            (json!(KEY), Allows),
            (json!("arn:aws:kms:*:111122223333:key/*"), Allows),
            (json!(["arn:aws:kms:us-west-2:111122223333:key/*", "arn:*"]), Allows),
            (json!(KEY.to_uppercase().replace("ARN:", "arn:")), IsSilent),
            (json!("arn:aws:kms:us-west-2:*"), IsSilent),
        ] {
            assert_eq!(verdict(&[json!({"Resource": resource})], &[]), expected, "{resource}");
        }
    }

    #[test]
    fn denying_wins_wherever_it_stands() {
        let (deny, other) = (json!({"Effect": "Deny"}), json!({}));
        assert_eq!(verdict(&[deny.clone(), other.clone()], &[]), Denies);
        assert_eq!(verdict(&[other, deny], &[]), Denies);
        let elsewhere = json!({"Effect": "Deny", "Action": "kms:Encrypt"});
        assert_eq!(verdict(&[elsewhere], &[]), IsSilent);
    }

    #[test]
    fn conditions_look_at_the_context() {
        for (operator, values, [red, blue, none]) in [
            ("StringEquals", json!("red"), [Allows, IsSilent, IsSilent]),
            ("StringEquals", json!(["red", "blue"]), [Allows, Allows, IsSilent]),
            ("StringEquals", json!("r*"), [IsSilent, IsSilent, IsSilent]),
            ("StringNotEquals", json!("red"), [IsSilent, Allows, Allows]),
            ("StringNotEquals", json!(["red", "blue"]), [IsSilent, IsSilent, Allows]),
            ("StringLike", json!("r?d"), [Allows, IsSilent, IsSilent]),
            ("StringLike", json!("*"), [Allows, Allows, IsSilent]),
        ] {
            let tested = json!({operator: {"kms:EncryptionContext:Tenant": values}});
            let statements = [json!({"Condition": tested})];
            assert_eq!(verdict(&statements, &[("Tenant", "red")]), red, "{tested}");
            assert_eq!(verdict(&statements, &[("tenant", "blue"), ("a", "red")]), blue, "{tested}");
            assert_eq!(verdict(&statements, &[("a", "red")]), none, "{tested}");
        }
    }

    #[test]
    fn all_conditions_must_hold() {
        let all_of = [json!({"Condition": {
            "StringEquals": {"kms:EncryptionContext:a": "1", "kms:EncryptionContext:b": "2"},
            "StringLike": {"kms:EncryptionContext:c": "*"},
        }})];
        let all = [("a", "1"), ("b", "2"), ("c", "3")];
        assert_eq!(verdict(&all_of, &all), Allows);
        for missing in 0..3 {
            let mut some = all.to_vec();
            some.remove(missing);
            assert_eq!(verdict(&all_of, &some), IsSilent);
        }
    }
}
