//! Who may do what, and what grants add to it.

use crypto_envelope_testkit::fake::aws_kms::{AccessKey, KeyKind};
use serde_json::{Value, json};

use crate::{
    cast::{ALICE, BOB, Setting},
    client::{REGION, Result},
};

impl Setting {
    /// Bob asks for a data key.
    fn generate(&self, tokens: &[&str], context: &Value) -> Result<Value, (String, String)> {
        let request = json!({
            "KeyId": self.key,
            "KeySpec": "AES_256",
            "GrantTokens": tokens,
            "EncryptionContext": context,
        });
        self.call(BOB, "GenerateDataKey", &request)
    }

    /// Lets Bob generate data keys, and returns the answer.
    fn grant(&self, constraints: &Value) -> Result<Value> {
        let request = json!({
            "KeyId": self.key,
            "GranteePrincipal": self.bob,
            "Operations": ["GenerateDataKey"],
            "Constraints": constraints,
            "Name": "for-bob",
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
    assert!(it.call(BOB, "DescribeKey", &json!({"KeyId": it.key})).is_ok());
    let message = format!(
        "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: \
         kms:GenerateDataKey on resource: {} because no identity-based policy allows the \
         kms:GenerateDataKey action",
        it.key
    );
    let denied = it.generate(&[], &json!({})).unwrap_err();
    assert_eq!(denied, ("AccessDeniedException".to_owned(), message));
    let denied = it.call(BOB, "CreateKey", &json!({})).unwrap_err();
    assert_eq!(denied.0, "AccessDeniedException");
    Ok(())
}

#[test]
fn re_encrypting_asks_for_both_keys() -> Result<()> {
    let it = Setting::new()?;
    let other = it.kms.create_key(REGION, KeyKind::Symmetric)?;
    it.kms.add_access_key(
        AccessKey::new(CAROL, "carol").allow("ReEncryptFrom", &it.key).allow("ReEncryptTo", &other),
    );
    let request = json!({"KeyId": it.key, "Plaintext": "AAAA"});
    let blob = it.kms.administer(REGION, "Encrypt", &request)?["CiphertextBlob"].clone();
    for (target, is_allowed) in [(&other, true), (&it.key, false)] {
        let request = json!({"CiphertextBlob": blob, "DestinationKeyId": target});
        let answer = it.call(CAROL, "ReEncrypt", &request);
        assert_eq!(answer.is_ok(), is_allowed, "{answer:?}");
    }
    Ok(())
}

/// A pattern in a rule means what it means in a policy.
#[test]
fn rules_can_be_patterns() -> Result<()> {
    let it = Setting::new()?;
    it.kms.add_access_key(AccessKey::new(CAROL, "carol").allow("GenerateDataKey*", "arn:*"));
    let request = json!({"KeyId": it.key, "KeySpec": "AES_256"});
    for operation in ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"] {
        assert!(it.call(CAROL, operation, &request).is_ok(), "{operation}");
    }
    let denied = it.call(CAROL, "DescribeKey", &request).unwrap_err();
    assert_eq!(denied.0, "AccessDeniedException");
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
    assert_eq!(listed["Grants"][0]["GranteePrincipal"], it.bob);
    assert_eq!(listed["Grants"][0]["Name"], "for-bob");
    // Only what it names is granted.
    let request = json!({
        "KeyId": it.key,
        "Plaintext": "AAAA",
        "GrantTokens": [token(&grant)],
    });
    assert_eq!(it.call(BOB, "Encrypt", &request).unwrap_err().0, "AccessDeniedException");
    Ok(())
}

#[test]
fn a_token_is_of_no_use_to_others() -> Result<()> {
    let it = Setting::new()?;
    it.kms.add_access_key(AccessKey::new(CAROL, "carol").allow("DescribeKey", "*"));
    let grant = it.grant(&json!({}))?;
    let request = json!({
        "KeyId": it.key,
        "KeySpec": "AES_256",
        "GrantTokens": [token(&grant)],
    });
    let denied = it.call(CAROL, "GenerateDataKey", &request).unwrap_err();
    assert_eq!(denied.0, "AccessDeniedException");
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

/// A constraint is about what has a context.
#[test]
fn looking_needs_no_context() -> Result<()> {
    let it = Setting::new()?;
    it.kms.add_access_key(AccessKey::new(CAROL, "carol").allow("ListKeys", "*"));
    let carol = it.bob.replace("bob", "carol");
    let request = json!({
        "KeyId": it.key,
        "GranteePrincipal": carol,
        "Operations": ["DescribeKey", "GenerateDataKey"],
        "Constraints": {"EncryptionContextEquals": {"a": "1"}},
    });
    let grant = it.kms.administer(REGION, "CreateGrant", &request)?;
    let look = json!({"KeyId": it.key, "GrantTokens": [token(&grant)]});
    assert!(it.call(CAROL, "DescribeKey", &look).is_ok());
    let use_it = json!({"KeyId": it.key, "KeySpec": "AES_256", "GrantTokens": [token(&grant)]});
    assert!(it.call(CAROL, "GenerateDataKey", &use_it).is_err());
    Ok(())
}

/// A token alone is no permission to end its grant.
#[test]
fn grants_are_ended_by_those_who_may() -> Result<()> {
    let it = Setting::new()?;
    let grant_of = |operations: Value| {
        let request =
            json!({"KeyId": it.key, "GranteePrincipal": it.bob, "Operations": operations});
        it.kms.administer(REGION, "CreateGrant", &request)
    };
    let without = grant_of(json!(["Decrypt"]))?;
    let retire = |grant: &Value| json!({"GrantToken": token(grant)});
    let denied = it.call(BOB, "RetireGrant", &retire(&without)).unwrap_err();
    assert_eq!(denied.0, "AccessDeniedException");
    assert!(it.call(ALICE, "RetireGrant", &retire(&without)).is_ok());
    let with = grant_of(json!(["Decrypt", "RetireGrant"]))?;
    assert!(it.call(BOB, "RetireGrant", &retire(&with)).is_ok());
    Ok(())
}

#[test]
fn an_alias_is_deleted_by_those_who_may_do_it_to_its_key() -> Result<()> {
    let it = Setting::new()?;
    it.kms.create_alias("alias/name", &it.key)?;
    let request = json!({"AliasName": "alias/name"});
    assert_eq!(it.call(BOB, "DeleteAlias", &request).unwrap_err().0, "AccessDeniedException");
    assert!(it.call(ALICE, "DeleteAlias", &request).is_ok());
    assert_eq!(it.call(ALICE, "DeleteAlias", &request).unwrap_err().0, "NotFoundException");
    Ok(())
}

/// Somebody else.
const CAROL: &str = "AKIDCAROL";
