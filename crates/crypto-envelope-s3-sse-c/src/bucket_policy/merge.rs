//! Statements of ours in a policy of somebody else.

use crypto_envelope::{Error, Result};
use serde_json::{Map, Value};

/// The policy `existing`, without the statements `replaced` and with those of `ours`.
pub(super) fn merge(existing: &str, replaced: &[&str], ours: Vec<Value>) -> Result<String> {
    let mut policy = parse(existing)?;
    let mut statements = statements(policy.remove(STATEMENT))?;
    statements.retain(|statement| {
        let sid = statement.get("Sid").and_then(Value::as_str);
        sid.is_none_or(|sid| !replaced.contains(&sid))
    });
    statements.extend(ours);
    policy.insert(STATEMENT.to_owned(), statements.into());
    Ok(Value::from(policy).to_string())
}

fn parse(text: &str) -> Result<Map<String, Value>> {
    let policy: Value = serde_json::from_str(text).map_err(|_| malformed("is no JSON"))?;
    if members_of(text) != members(&policy) {
        return Err(malformed("says the same name twice"));
    }
    let Value::Object(policy) = policy else { return Err(malformed("is no JSON object")) };
    match policy.get("Version") {
        // Without one, it is the older.
        None => Ok(policy),
        Some(Value::String(version)) if VERSIONS.contains(&version.as_str()) => Ok(policy),
        Some(version) => Err(malformed(&format!("is of version {version}, which there is not"))),
    }
}

/// One may stand there without a list around it.
fn statements(statements: Option<Value>) -> Result<Vec<Value>> {
    let statements = match statements {
        Some(Value::Array(statements)) => statements,
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return Err(malformed("has no statements")),
    };
    let is_statement = |statement: &Value| {
        let sid = statement.get("Sid");
        let effect = statement.get("Effect").and_then(Value::as_str);
        sid.is_none_or(Value::is_string) && matches!(effect, Some("Allow" | "Deny"))
    };
    if statements.iter().all(is_statement) {
        Ok(statements)
    } else {
        Err(malformed("has a statement that is none"))
    }
}

/// How many members the objects of a JSON text have: each has a colon that is not in a string.
fn members_of(text: &str) -> usize {
    let (mut count, mut is_in_string, mut is_escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            b':' if !is_in_string => count += 1,
            _ => {}
        }
    }
    count
}

/// How many are left of them when it was read.
fn members(value: &Value) -> usize {
    match value {
        Value::Object(object) => object.len() + object.values().map(members).sum::<usize>(),
        Value::Array(array) => array.iter().map(members).sum(),
        _ => 0,
    }
}

fn malformed(what: &str) -> Error {
    Error::invalid_input(format!("the policy that the bucket has {what}"))
}

const STATEMENT: &str = "Statement";
/// Of the language of policies.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{BucketPolicy, BucketRule};

    use super::*;

    fn refuse() -> BucketPolicy {
        BucketPolicy::new("backups", BucketRule::RefuseSseC).expect("a policy")
    }

    fn merged(policy: &BucketPolicy, existing: &Value) -> Value {
        let merged = policy.merged_into(&existing.to_string()).expect("a policy");
        serde_json::from_str(&merged).expect("JSON")
    }

    /// Somebody else's.
    fn theirs() -> Vec<Value> {
        vec![
            json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::backups/public/*" }),
            json!({ "Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": ["s3:DeleteObject"],
                "Resource": "arn:aws:s3:::backups/*",
                "Condition": { "StringLike": { "aws:UserId": ["${a}:\"b\\\"", "\u{fc}:"] } } }),
        ]
    }

    #[test]
    fn what_is_theirs_stays_and_what_is_ours_is_added_once() {
        let existing = json!({ "Version": "2008-10-17", "Id": "1: \"x\"", "Statement": theirs() });
        let once = merged(&refuse(), &existing);
        assert_eq!(once["Version"], "2008-10-17");
        assert_eq!(once["Id"], existing["Id"]);
        let statements = once["Statement"].as_array().expect("statements");
        assert_eq!(statements[..2], theirs());
        assert_eq!(statements[2]["Sid"], "DenyUploadsWithSseC");
        assert_eq!(statements.len(), 3);
        assert_eq!(merged(&refuse(), &once), once);
    }

    #[test]
    fn statements_of_ours_are_replaced_whatever_became_of_them() {
        let sid = "DenyUploadsWithSseC";
        let spoilt = json!({ "Sid": sid, "Effect": "Allow", "Action": "s3:*" });
        let mut statements = theirs();
        statements.extend([spoilt.clone(), spoilt]);
        let merged = merged(&refuse(), &json!({ "Statement": statements }));
        let statements = merged["Statement"].as_array().expect("statements");
        let ours: Vec<_> = statements.iter().filter(|statement| statement["Sid"] == sid).collect();
        assert_eq!(ours.len(), 1);
        assert_eq!(ours[0]["Effect"], "Deny");
        assert_eq!(merged.get("Version"), None);
    }

    #[test]
    fn requiring_ends_refusing_and_the_other_way_around() {
        let require = BucketPolicy::new("backups", BucketRule::RequireSseC).expect("a policy");
        let text = require.merged_into(&refuse().to_json()).expect("a policy");
        assert!(!text.contains("DenyUploadsWithSseC"), "{text}");
        let text = refuse().merged_into(&text).expect("a policy");
        assert_eq!(text, refuse().to_json());
        let published = BucketPolicy::new("backups", BucketRule::ForceEncryptionHeader);
        let text = require.merged_into(&published.expect("a policy").to_json());
        // What it asks for besides is not ours to drop.
        assert!(text.expect("a policy").contains("DenyUnEncryptedObjectUploads"));
    }

    #[test]
    fn a_single_statement_needs_no_list() {
        let existing = json!({ "Version": "2012-10-17", "Statement": theirs()[0] });
        let merged = merged(&refuse(), &existing);
        assert_eq!(merged["Statement"][0], theirs()[0]);
        assert_eq!(merged["Statement"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn what_is_no_policy_is_not_written_over() {
        let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
        for existing in [
            "",
            "policy",
            "null",
            "[]",
            "\"Statement\"",
            r#"{"Statement": []"#,
            r#"{"Statement": []} {}"#,
            r#"{"Statement": [],}"#,
            "{}",
            r#"{"Version": "2012-10-17"}"#,
            r#"{"statement": []}"#,
            r#"{"Statement": null}"#,
            r#"{"Statement": "Deny"}"#,
            r#"{"Statement": ["Deny"]}"#,
            r#"{"Statement": [{}]}"#,
            r#"{"Statement": [{"Effect": "deny"}]}"#,
            r#"{"Statement": [{"Effect": "Deny", "Sid": 1}]}"#,
            r#"{"Statement": {"Effect": true}}"#,
            r#"{"Version": "2018-05-24", "Statement": []}"#,
            r#"{"Version": 2012, "Statement": []}"#,
            r#"{"Version": null, "Statement": []}"#,
            r#"{"Statement": [], "Statement": [{"Effect": "Deny"}]}"#,
            r#"{"Statement": [{"Effect": "Allow", "Effect": "Deny"}]}"#,
            r#"{"Statement": [{"Effect": "Deny", "Condition": {"Null": {"a": "1"}, "Null": {"b": "1"}}}]}"#,
            r#"{"Statement": [{"Effect": "Deny", "Condition": {"Null": {"a:b": "\":", "a:b": "1"}}}]}"#,
            &deep,
        ] {
            let refused = refuse().merged_into(existing);
            assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{existing}");
        }
        let error = refuse().merged_into(r#"{"Version": "2018-05-24", "Statement": []}"#);
        let error = error.expect_err("it is of no version").to_string();
        assert!(error.contains("2018-05-24"), "{error}");
    }
}
