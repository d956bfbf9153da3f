//! Reading a policy document.

use serde_json::{Map, Value};

use super::{Condition, Operator, Principal, Statement};
use crate::fake::aws_kms::{access::Effect, error::KmsError};

/// The statements of a document, if all of it is understood.
pub(super) fn read(text: &str) -> Result<Vec<Statement>, KmsError> {
    let document = serde_json::from_str::<Value>(text);
    let document = document.map_err(|_| KmsError::malformed_policy("A policy must be JSON."))?;
    if members_in(&document) != colons_in(text) {
        return refuse("A member stands there twice.");
    }
    let document = Members::of("a policy", &document, &["Version", "Id", "Statement"])?;
    document.optional_text("Id")?;
    match document.optional_text("Version")? {
        None | Some("2012-10-17" | "2008-10-17") => {}
        Some(other) => return refuse(format!("There is no policy language '{other}'.")),
    }
    match document.required("Statement")? {
        Value::Array(statements) if !statements.is_empty() => {
            statements.iter().map(statement).collect()
        }
        one => Ok(vec![statement(one)?]),
    }
}

fn statement(value: &Value) -> Result<Statement, KmsError> {
    let known = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];
    let members = Members::of("a statement", value, &known)?;
    members.optional_text("Sid")?;
    let effect = match members.required("Effect")?.as_str() {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return refuse("Effect must be Allow or Deny."),
    };
    let actions = texts("Action", members.required("Action")?)?;
    if let Some(other) = actions.iter().find(|action| *action != "*" && !action.contains(':')) {
        return refuse(format!("'{other}' is no action: it names no service."));
    }
    let resources = texts("Resource", members.required("Resource")?)?;
    if let Some(other) = resources.iter().find(|name| *name != "*" && !name.starts_with("arn:")) {
        return refuse(format!("'{other}' is no resource."));
    }
    Ok(Statement {
        effect,
        principals: principals(members.required("Principal")?)?,
        actions,
        resources,
        conditions: members.get("Condition").map_or_else(|| Ok(Vec::new()), conditions)?,
    })
}

fn principals(value: &Value) -> Result<Vec<Principal>, KmsError> {
    if value == "*" {
        return Ok(vec![Principal::Everybody]);
    }
    let principals = Members::of("a principal", value, &["AWS"])?;
    let names = texts("Principal", principals.required("AWS")?)?;
    names.into_iter().map(principal).collect()
}

fn principal(name: String) -> Result<Principal, KmsError> {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if name == "*" {
        return Ok(Principal::Everybody);
    }
    if is_account(&name) {
        return Ok(Principal::Account(name));
    }
    match name.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "iam", "", account, "root"] if is_account(account) => {
            Ok(Principal::Account(account.to_owned()))
        }
        ["arn", _, "iam" | "sts", "", account, whom]
            if is_account(account) && whom.contains('/') && !whom.contains(['*', '?']) =>
        {
            Ok(Principal::Named(name))
        }
        _ => refuse("Policy contains a statement with one or more invalid principals."),
    }
}

fn conditions(value: &Value) -> Result<Vec<Condition>, KmsError> {
    let operators = Members::of("a condition", value, &OPERATORS.map(|(name, _)| name))?;
    let mut conditions = Vec::new();
    for (name, operator) in OPERATORS {
        let Some(tested) = operators.get(name) else { continue };
        let tested = tested.as_object().ok_or_else(|| not_an_object(name))?;
        for (key, values) in tested {
            conditions.push(Condition {
                operator,
                key: context_key(key)?.to_owned(),
                values: texts(key, values)?,
            });
        }
    }
    Ok(conditions)
}

/// The key of the encryption context that a condition key names.
fn context_key(key: &str) -> Result<&str, KmsError> {
    let (prefix, key) = key.split_at_checked(CONTEXT_PREFIX.len()).unwrap_or((key, ""));
    if !prefix.eq_ignore_ascii_case(CONTEXT_PREFIX) || key.is_empty() {
        return refuse(format!("This fake knows no condition key '{prefix}{key}'."));
    }
    Ok(key)
}

/// A text or several, in which nothing is to be filled in.
fn texts(name: &str, value: &Value) -> Result<Vec<String>, KmsError> {
    let values = match value {
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    if values.is_empty() {
        return refuse(format!("'{name}' is empty."));
    }
    let text = |value: &Value| match value.as_str() {
        Some(text) if text.contains("${") => {
            refuse(format!("This fake has no policy variables: '{text}'."))
        }
        Some(text) => Ok(text.to_owned()),
        None => refuse(format!("'{name}' must be a text, or several.")),
    };
    values.iter().map(text).collect()
}

/// How many members objects have, in all.
fn members_in(value: &Value) -> usize {
    match value {
        Value::Array(values) => values.iter().map(members_in).sum(),
        Value::Object(members) => members.values().map(|member| 1 + members_in(member)).sum(),
        _ => 0,
    }
}

/// How many members are written down in this JSON: of two with one name, only the last is read.
fn colons_in(text: &str) -> usize {
    let (mut colons, mut is_in_string, mut is_escaped) = (0, false, false);
    for character in text.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_in_string = !is_in_string,
            ':' if !is_in_string => colons += 1,
            _ => {}
        }
    }
    colons
}

/// The members of a part of the document, all of them known.
struct Members<'a> {
    of: &'static str,
    members: &'a Map<String, Value>,
}

impl<'a> Members<'a> {
    fn of(of: &'static str, value: &'a Value, known: &[&str]) -> Result<Self, KmsError> {
        let members = value.as_object().ok_or_else(|| not_an_object(of))?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(other) => refuse(format!("This fake knows no '{other}' in {of}.")),
            None => Ok(Self { of, members }),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    fn required(&self, name: &str) -> Result<&'a Value, KmsError> {
        let missing =
            || KmsError::malformed_policy(format!("There is no '{name}' in {}.", self.of));
        self.get(name).ok_or_else(missing)
    }

    fn optional_text(&self, name: &str) -> Result<Option<&'a str>, KmsError> {
        let not_text = || KmsError::malformed_policy(format!("'{name}' must be a text."));
        self.get(name).map(|value| value.as_str().ok_or_else(not_text)).transpose()
    }
}

fn not_an_object(name: &str) -> KmsError {
    KmsError::malformed_policy(format!("What stands for {name} must be an object."))
}

fn refuse<T>(message: impl Into<String>) -> Result<T, KmsError> {
    Err(KmsError::malformed_policy(message))
}

const OPERATORS: [(&str, Operator); 3] = [
    ("StringEquals", Operator::Equals),
    ("StringNotEquals", Operator::NotEquals),
    ("StringLike", Operator::Like),
];
const CONTEXT_PREFIX: &str = "kms:EncryptionContext:";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(member: &str, value: Value) -> String {
        let mut statement =
            json!({"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"});
        statement[member] = value;
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    }

    fn is_read(text: &str) -> bool {
        match read(text) {
            Ok(statements) => !statements.is_empty(),
            Err(error) => {
                assert_eq!(error.code(), "MalformedPolicyDocumentException");
                false
            }
        }
    }

    #[test]
    fn well_formed_documents_are_read() {
        let one = json!({"Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": ["*"], "Resource": "*"});
        for text in [
            with("Sid", json!("a name")),
            with("Resource", json!(["arn:aws:kms:*"])),
            with("Condition", json!({})),
            with("Condition", json!({"StringLike": {"KMS:encryptioncontext:a": ["b", "c"]}})),
            with("Principal", json!({"AWS": "arn:aws:sts::111122223333:assumed-role/a/b"})),
            json!({"Statement": one}).to_string(),
            json!({"Version": "2008-10-17", "Id": "id", "Statement": [one, one]}).to_string(),
        ] {
            assert!(is_read(&text), "{text}");
        }
    }

    #[test]
    fn documents_that_lack_something_are_refused() {
        let whole = with("Sid", json!("a name"));
        for member in ["Effect", "Principal", "Action", "Resource"] {
            let mut document: Value = serde_json::from_str(&whole).unwrap();
            document["Statement"][0].as_object_mut().unwrap().remove(member);
            assert!(!is_read(&document.to_string()), "{member}");
        }
        for text in ["", "{", "[]", "null", "\"*\"", "{}", r#"{"Statement": []}"#] {
            assert!(!is_read(text), "{text}");
        }
        for (member, value) in
            [("Version", json!("2020-01-01")), ("Id", json!(1)), ("id", json!("a"))]
        {
            let mut document: Value = serde_json::from_str(&whole).unwrap();
            document[member] = value;
            assert!(!is_read(&document.to_string()), "{document}");
        }
    }

    #[test]
    fn what_stands_there_twice_is_refused() {
        let text = |condition: &str| {
            format!(
                r#"{{"Statement": {{"Sid": "a\":\\", "Effect": "Allow", "Principal": "*",
                "Action": "kms:*", "Resource": "*", "Condition": {condition}}}}}"#
            )
        };
        let [red, blue] = ["red", "blue"].map(|tenant| {
            format!(r#""StringEquals": {{"kms:EncryptionContext:tenant": "{tenant}"}}"#)
        });
        assert!(is_read(&text(&format!("{{{red}}}"))));
        assert!(!is_read(&text(&format!("{{{red}, {blue}}}"))));
    }

    #[test]
    fn statements_that_are_not_understood_are_refused() {
        for (member, value) in [
            ("Sid", json!(1)),
            ("Effect", json!("allow")),
            ("Effect", json!(null)),
            ("NotAction", json!("kms:Decrypt")),
            ("NotPrincipal", json!("*")),
            ("NotResource", json!("*")),
            ("Action", json!([])),
            ("Action", json!("Decrypt")),
            ("Action", json!(["kms:Decrypt", 1])),
            ("Resource", json!("key")),
            ("Resource", json!({})),
            ("Resource", json!("arn:aws:kms:*:*:key/${aws:username}")),
            ("Principal", json!("arn:aws:iam::111122223333:root")),
            ("Principal", json!({})),
            ("Principal", json!({"Service": "s3.amazonaws.com"})),
            ("Principal", json!({"AWS": "*", "Federated": "a"})),
            ("Principal", json!({"AWS": []})),
            ("Principal", json!({"AWS": "1111"})),
            ("Principal", json!({"AWS": "arn:aws:iam::111122223333:user/*"})),
            ("Principal", json!({"AWS": "arn:aws:iam::1:user/alice"})),
            ("Principal", json!({"AWS": "arn:aws:s3::111122223333:user/alice"})),
        ] {
            let text = with(member, value);
            assert!(!is_read(&text), "{text}");
        }
    }

    /// A condition that was passed over would let in whom it should keep out.
    #[test]
    fn conditions_that_are_not_understood_are_refused() {
        for condition in [
            json!(null),
            json!([]),
            json!({"Bool": {"aws:SecureTransport": "false"}}),
            json!({"StringEqualsIgnoreCase": {"kms:EncryptionContext:a": "b"}}),
            json!({"StringEqualsIfExists": {"kms:EncryptionContext:a": "b"}}),
            json!({"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "a"}}),
            json!({"StringEquals": {"kms:EncryptionContext:a": "b"}, "Null": {"a": "b"}}),
            json!({"StringEquals": {"kms:EncryptionContext:": "b"}}),
            json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}),
            json!({"StringEquals": {"kms:EncryptionContext:a": []}}),
            json!({"StringEquals": {"kms:EncryptionContext:a": true}}),
            json!({"StringEquals": {"kms:EncryptionContext:a": "${aws:username}"}}),
            json!({"StringEquals": "kms:EncryptionContext:a"}),
        ] {
            assert!(!is_read(&with("Condition", condition.clone())), "{condition}");
        }
    }
}
