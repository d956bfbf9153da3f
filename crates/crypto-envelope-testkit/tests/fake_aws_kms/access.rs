//! Who may do what, and what grants add to it.

use crypto_envelope_testkit::fake::aws_kms::{AccessKey, FakeAwsKms, KeyKind};
use serde_json::{Value, json};

use crate::client::{Result, headers, send};

const REGION: &str = "us-east-1";

/// A key, and Alice, who may look at all keys and use none.
struct Setting {
    kms: FakeAwsKms,
    key: String,
    alice: String,
}

impl Setting {
    fn new() -> Result<Self> {
        let kms = FakeAwsKms::start()?;
        let key = kms.create_key(REGION, KeyKind::Symmetric)?;
        let alice = AccessKey::new("AKIDALICE", "alice").allow("DescribeKey", "*");
        let user = alice.user_arn();
        kms.add_access_key(alice);
        Ok(Self { kms, key, alice: user })
    }

    fn generate(&self, tokens: &[&str], context: &Value) -> Result<Value, (String, String)> {
        self.call(
            "GenerateDataKey",
            &json!({
                "KeyId": self.key,
                "KeySpec": "AES_256",
                "GrantTokens": tokens,
                "EncryptionContext": context,
            }),
        )
    }

    fn call(&self, operation: &str, request: &Value) -> Result<Value, (String, String)> {
        let headers = headers("AKIDALICE", REGION, operation);
        let answer = send(&self.kms, &headers, request.to_string().as_bytes());
        let result = answer.expect("the fake answers").result();
        result.map_err(|(code, message)| (code, message.unwrap_or_default()))
    }

    /// Lets Alice generate data keys, and returns the answer.
    fn grant(&self, constraints: &Value) -> Result<Value> {
        let request = json!({
            "KeyId": self.key,
            "GranteePrincipal": self.alice,
            "Operations": ["GenerateDataKey"],
            "Constraints": constraints,
            "Name": "for-alice",
        });
        Ok(self.kms.administer(REGION, "CreateGrant", &request)?)
    }
}

fn token(grant: &Value) -> &str {
    grant["GrantToken"].as_str().expect("a token")
}

#[test]
fn what_is_not_allowed_is_denied_in_the_words_of_aws() -> Result<()> {
    let it = Setting::new()?;
    assert!(it.call("DescribeKey", &json!({"KeyId": it.key})).is_ok());
    let message = format!(
        "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: \
         kms:GenerateDataKey on resource: {} because no identity-based policy allows the \
         kms:GenerateDataKey action",
        it.key
    );
    let denied = it.generate(&[], &json!({})).unwrap_err();
    assert_eq!(denied, ("AccessDeniedException".to_owned(), message));
    let denied = it.call("CreateKey", &json!({})).unwrap_err();
    assert_eq!(denied.0, "AccessDeniedException");
    Ok(())
}

#[test]
fn re_encrypting_asks_for_both_keys() -> Result<()> {
    let it = Setting::new()?;
    let other = it.kms.create_key(REGION, KeyKind::Symmetric)?;
    it.kms.add_access_key(
        AccessKey::new("AKIDBOB", "bob")
            .allow("ReEncryptFrom", &it.key)
            .allow("ReEncryptTo", &other),
    );
    let request = json!({"KeyId": it.key, "Plaintext": "AAAA"});
    let blob = it.kms.administer(REGION, "Encrypt", &request)?["CiphertextBlob"].clone();
    for (target, is_allowed) in [(&other, true), (&it.key, false)] {
        let request = json!({"CiphertextBlob": blob, "DestinationKeyId": target}).to_string();
        let headers = headers("AKIDBOB", REGION, "ReEncrypt");
        let answer = send(&it.kms, &headers, request.as_bytes())?;
        assert_eq!(answer.status == 200, is_allowed, "{answer:?}");
    }
    Ok(())
}

#[test]
fn a_grant_lifts_a_denial_for_whoever_has_its_token() -> Result<()> {
    let it = Setting::new()?;
    let grant = it.grant(&json!({}))?;
    assert!(it.generate(&[], &json!({})).is_err());
    assert!(it.generate(&[token(&grant)], &json!({})).is_ok());
    let listed = it.kms.administer(REGION, "ListGrants", &json!({"KeyId": it.key}))?;
    assert_eq!(listed["Grants"][0]["GrantId"], grant["GrantId"]);
    assert_eq!(listed["Grants"][0]["GranteePrincipal"], it.alice);
    assert_eq!(listed["Grants"][0]["Name"], "for-alice");
    // Only what it names is granted.
    let request = json!({
        "KeyId": it.key,
        "Plaintext": "AAAA",
        "GrantTokens": [token(&grant)],
    });
    assert_eq!(it.call("Encrypt", &request).unwrap_err().0, "AccessDeniedException");
    Ok(())
}

#[test]
fn a_token_is_of_no_use_to_others() -> Result<()> {
    let it = Setting::new()?;
    it.kms.add_access_key(AccessKey::new("AKIDBOB", "bob").allow("DescribeKey", "*"));
    let grant = it.grant(&json!({}))?;
    let request = json!({
        "KeyId": it.key,
        "KeySpec": "AES_256",
        "GrantTokens": [token(&grant)],
    });
    let headers = headers("AKIDBOB", REGION, "GenerateDataKey");
    let answer = send(&it.kms, &headers, request.to_string().as_bytes())?;
    assert_eq!(answer.json()["__type"], "AccessDeniedException");
    Ok(())
}

#[test]
fn grants_can_ask_for_a_context() -> Result<()> {
    let it = Setting::new()?;
    let subset = it.grant(&json!({"EncryptionContextSubset": {"a": "1"}}))?;
    let equals = it.grant(&json!({"EncryptionContextEquals": {"a": "1"}}))?;
    for (context, in_subset, is_equal) in [
        (json!({"a": "1"}), true, true),
        (json!({"a": "1", "b": "2"}), true, false),
        (json!({"a": "2"}), false, false),
        (json!({}), false, false),
    ] {
        assert_eq!(it.generate(&[token(&subset)], &context).is_ok(), in_subset, "{context}");
        assert_eq!(it.generate(&[token(&equals)], &context).is_ok(), is_equal, "{context}");
    }
    Ok(())
}

#[test]
fn grants_end() -> Result<()> {
    let it = Setting::new()?;
    let first = it.grant(&json!({}))?;
    let second = it.grant(&json!({}))?;
    it.kms.administer(REGION, "RetireGrant", &json!({"GrantToken": token(&first)}))?;
    let refused = it.generate(&[token(&first)], &json!({})).unwrap_err();
    assert_eq!(refused.0, "InvalidGrantTokenException");
    assert!(it.generate(&[token(&second)], &json!({})).is_ok());
    let request = json!({"KeyId": it.key, "GrantId": second["GrantId"]});
    it.kms.administer(REGION, "RevokeGrant", &request)?;
    assert!(it.generate(&[token(&second)], &json!({})).is_err());
    Ok(())
}
