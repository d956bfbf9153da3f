//! Policies of buckets: what they deny. Whoever has an access key is the owner, who needs no permission.

use serde_json::{Map, Value};

use super::error::S3Error;
use crate::fake::pattern;

#[derive(Clone, Debug)]
pub(super) struct Policy {
    /// As it was put.
    pub(super) text: String,
    denials: Vec<Denial>,
}

/// A statement that denies.
#[derive(Clone, Debug)]
struct Denial {
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug)]
struct Condition {
    operator: Operator,
    if_exists: bool,
    key: String,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Null,
    /// Of booleans, too.
    Equals,
    NotEquals,
    Like,
    NotLike,
    /// One that the fake does not know: it never holds.
    Other,
}

/// What somebody wants to do.
pub(super) struct Attempt<'a> {
    /// As `s3:PutObject`.
    pub(super) action: &'a str,
    /// An ARN.
    pub(super) resource: &'a str,
    /// By names of condition keys in lower case.
    pub(super) value: &'a dyn Fn(&str) -> Option<String>,
}

impl Policy {
    pub(super) fn parse(text: &[u8]) -> Result<Self, S3Error> {
        let malformed = |message: &str| S3Error::new(400, "MalformedPolicy", message);
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= LONGEST);
        let text = text.ok_or_else(|| malformed("Policies must be at most 20 KB of text"))?;
        let document: Value = serde_json::from_str(text)
            .map_err(|_| malformed("Policies must be valid JSON and the first byte must be '{'"))?;
        let version = document.get("Version").and_then(Value::as_str);
        if version.is_some_and(|version| !VERSIONS.contains(&version)) {
            return Err(malformed("The policy must contain a valid version string"));
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => &[],
        };
        if statements.is_empty() {
            return Err(malformed("Missing required field Statement"));
        }
        let mut denials = Vec::new();
        for statement in statements {
            let statement = statement.as_object();
            let statement = statement.ok_or_else(|| malformed("Statements must be objects"))?;
            match statement.get("Effect").and_then(Value::as_str) {
                Some("Deny") => denials.push(
                    Denial::of(statement)
                        .ok_or_else(|| malformed("Policy has invalid statement"))?,
                ),
                Some("Allow") => {}
                _ => return Err(malformed("Invalid effect")),
            }
        }
        Ok(Self { text: text.to_owned(), denials })
    }

    pub(super) fn denies(&self, attempt: &Attempt<'_>) -> bool {
        self.denials.iter().any(|denial| denial.is_about(attempt))
    }
}

impl Denial {
    fn of(statement: &Map<String, Value>) -> Option<Self> {
        statement.get("Principal")?;
        let conditions = match statement.get("Condition") {
            None => Vec::new(),
            Some(operators) => {
                let operators = operators.as_object()?.iter();
                let conditions = operators.map(|(operator, keys)| {
                    let keys = keys.as_object()?.iter();
                    let all = keys.map(|(key, values)| Condition::of(operator, key, values));
                    all.collect::<Option<Vec<_>>>()
                });
                conditions.collect::<Option<Vec<_>>>()?.concat()
            }
        };
        Some(Self {
            actions: texts(statement.get("Action")?)?,
            resources: texts(statement.get("Resource")?)?,
            conditions,
        })
    }

    fn is_about(&self, attempt: &Attempt<'_>) -> bool {
        self.actions.iter().any(|action| pattern::fits_in_any_case(action, attempt.action))
            && self.resources.iter().any(|resource| pattern::fits(resource, attempt.resource))
            && self.conditions.iter().all(|condition| condition.holds(attempt))
    }
}

impl Condition {
    fn of(operator: &str, key: &str, values: &Value) -> Option<Self> {
        let (operator, if_exists) = match operator.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (operator, false),
        };
        let operator = match operator {
            "Null" => Operator::Null,
            "Bool" | "StringEquals" => Operator::Equals,
            "StringNotEquals" => Operator::NotEquals,
            "StringLike" => Operator::Like,
            "StringNotLike" => Operator::NotLike,
            _ => Operator::Other,
        };
        Some(Self { operator, if_exists, key: key.to_ascii_lowercase(), values: texts(values)? })
    }

    fn holds(&self, attempt: &Attempt<'_>) -> bool {
        let value = (attempt.value)(&self.key);
        let fits = |fits: fn(&str, &str) -> bool| {
            let value = value.as_deref();
            value.is_some_and(|value| self.values.iter().any(|wanted| fits(wanted, value)))
        };
        if self.if_exists && value.is_none() {
            return true;
        }
        match self.operator {
            Operator::Null => {
                let is_null = if value.is_none() { "true" } else { "false" };
                self.values.iter().any(|wanted| wanted == is_null)
            }
            Operator::Equals => fits(|wanted, value| wanted == value),
            Operator::NotEquals => !fits(|wanted, value| wanted == value),
            Operator::Like => fits(pattern::fits),
            Operator::NotLike => !fits(pattern::fits),
            Operator::Other => false,
        }
    }
}

/// One or several.
fn texts(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        one => Some(vec![text(one)?]),
    }
}

const VERSIONS: [&str; 2] = ["2008-10-17", "2012-10-17"];
const LONGEST: usize = 20 << 10;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn denies(condition: &Value, header: Option<&str>) -> bool {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny", "Principal": "*", "Action": "s3:Put*",
                "Resource": ["arn:aws:s3:::bucket/*"], "Condition": condition,
            },
        });
        let policy = Policy::parse(policy.to_string().as_bytes()).unwrap();
        policy.denies(&Attempt {
            action: "s3:PutObject",
            resource: "arn:aws:s3:::bucket/key",
            value: &|key| header.filter(|_| key == "s3:x-header").map(str::to_owned),
        })
    }

    #[test]
    fn conditions_are_about_what_is_there_and_what_is_not() {
        let key = |operator: &str, value: Value| json!({operator: {"s3:X-Header": value}});
        for (condition, without, with) in [
            (json!({}), true, true),
            (key("Null", json!("true")), true, false),
            (key("Null", json!(false)), false, true),
            (key("StringEquals", json!(["AES256", "x"])), false, true),
            (key("StringEqualsIfExists", json!("AES256")), true, true),
            (key("StringNotEquals", json!("AES256")), true, false),
            (key("StringNotEqualsIfExists", json!("AES256")), true, false),
            (key("StringLike", json!("AES*")), false, true),
            (key("StringNotLike", json!("AES*")), true, false),
            (key("DateGreaterThan", json!("2020-01-01")), false, false),
        ] {
            let found = (denies(&condition, None), denies(&condition, Some("AES256")));
            assert_eq!(found, (without, with), "{condition}");
        }
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for text in [
            &b""[..],
            b"\xff",
            b"[]",
            b"{}",
            br#"{"Statement": []}"#,
            br#"{"Statement": [1]}"#,
            br#"{"Version": "2018-05-24", "Statement": [{"Effect": "Allow"}]}"#,
            br#"{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}"#,
            br#"{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": {}, "Resource": "*"}]}"#,
            br#"{"Statement": [{"Effect": "Maybe"}]}"#,
        ] {
            let error = Policy::parse(text).unwrap_err();
            assert_eq!(error.code, "MalformedPolicy", "{text:?}");
        }
    }
}
