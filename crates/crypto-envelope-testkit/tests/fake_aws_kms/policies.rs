//! What keys themselves say about who may do what.

use crypto_envelope_testkit::fake::aws_kms::{AccessKey, FakeAwsKms, KeyKind};
use serde_json::{Value, json};

use crate::{
    cast::{ALICE, BOB, Setting},
    client::{REGION, Result, call_as},
    world::USUAL_POLICY,
};

const ROOT: &str = "arn:aws:iam::111122223333:root";

impl Setting {
    /// Puts a policy of these statements, as somebody who may.
    fn put(&self, statements: &[Value]) -> Result<()> {
        let request = json!({"KeyId": self.key, "Policy": policy(statements)});
        self.kms.administer(REGION, "PutKeyPolicy", &request)?;
        Ok(())
    }

    /// `200`, or the code of the error and the end of its message.
    fn outcome(&self, who: &str, operation: &str, request: &Value) -> String {
        let answer = self.call(who, operation, request);
        answer.map_or_else(|(code, message)| said(&code, &message), |_| "200".to_owned())
    }

    fn encrypt(&self, who: &str, context: &Value) -> String {
        let request = json!({"KeyId": self.key, "Plaintext": "AAAA", "EncryptionContext": context});
        self.outcome(who, "Encrypt", &request)
    }
}

fn said(code: &str, message: &str) -> String {
    let reason = message.find("with an explicit").or(message.find("because"));
    format!("{code}: {}", &message[reason.unwrap_or(0)..])
}

/// The text of a policy.
fn policy(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn statement(effect: &str, principal: &str, action: &str) -> Value {
    json!({
        "Effect": effect,
        "Principal": {"AWS": principal},
        "Action": action,
        "Resource": "*",
    })
}

#[test]
fn a_denial_wins_over_everything() -> Result<()> {
    let it = Setting::new()?;
    it.put(&[statement("Allow", ROOT, "kms:*"), statement("Deny", "*", "kms:Encrypt")])?;
    let request = json!({"KeyId": it.key, "Plaintext": "AAAA"});
    let denied = it.call(ALICE, "Encrypt", &request);
    let message = format!(
        "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: kms:Encrypt on \
         resource: {} with an explicit deny in a resource-based policy",
        it.key
    );
    assert_eq!(denied, Err(("AccessDeniedException".to_owned(), message)));
    let request = json!({"KeyId": it.key, "KeySpec": "AES_256"});
    assert_eq!(it.outcome(ALICE, "GenerateDataKey", &request), "200");
    // Over a grant too.
    let request = json!({"KeyId": it.key, "GranteePrincipal": it.bob, "Operations": ["Encrypt"]});
    let grant = it.kms.administer(REGION, "CreateGrant", &request)?;
    let request =
        json!({"KeyId": it.key, "Plaintext": "AAAA", "GrantTokens": [grant["GrantToken"]]});
    let refused = it.outcome(BOB, "Encrypt", &request);
    assert_eq!(refused, "AccessDeniedException: with an explicit deny in a resource-based policy");
    it.put(&[statement("Allow", ROOT, "kms:*")])?;
    assert_eq!(it.outcome(BOB, "Encrypt", &request), "200");
    Ok(())
}

#[test]
fn who_is_named_needs_no_other_leave() -> Result<()> {
    let it = Setting::new()?;
    let nothing = json!({});
    let refused = "AccessDeniedException: because no identity-based policy allows the kms:Encrypt \
                   action";
    assert_eq!(it.encrypt(BOB, &nothing), refused);
    it.put(&[statement("Allow", ROOT, "kms:*"), statement("Allow", &it.bob, "kms:Enc*")])?;
    assert_eq!(it.encrypt(BOB, &nothing), "200");
    assert_eq!(it.encrypt(ALICE, &nothing), "200");
    let request = json!({"KeyId": it.key, "KeySpec": "AES_256"});
    let refused = it.outcome(BOB, "GenerateDataKey", &request);
    assert!(refused.contains("no identity-based policy"), "{refused}");
    Ok(())
}

#[test]
fn without_the_account_nobody_else_may() -> Result<()> {
    let it = Setting::new()?;
    it.put(&[statement("Allow", &it.bob, "kms:Encrypt")])?;
    assert_eq!(it.encrypt(BOB, &json!({})), "200");
    let refused = "AccessDeniedException: because no resource-based policy allows the kms:Encrypt \
                   action";
    assert_eq!(it.encrypt(ALICE, &json!({})), refused);
    // Other keys, and what is about no key, are not touched.
    let request = json!({"KeyId": it.kms.create_key(REGION, KeyKind::Symmetric)?});
    assert_eq!(it.outcome(ALICE, "DescribeKey", &request), "200");
    assert_eq!(it.outcome(ALICE, "ListKeys", &json!({})), "200");
    Ok(())
}

#[test]
fn re_encrypting_asks_the_policies_of_both_keys() -> Result<()> {
    let it = Setting::new()?;
    let other = it.kms.create_key(REGION, KeyKind::Symmetric)?;
    let request = json!({"KeyId": it.key, "Plaintext": "AAAA"});
    let blob = it.kms.administer(REGION, "Encrypt", &request)?["CiphertextBlob"].clone();
    let request = json!({"CiphertextBlob": blob, "DestinationKeyId": other});
    for (denied, is_denied) in
        [("kms:ReEncryptFrom", true), ("kms:ReEncrypt*", true), ("kms:ReEncryptTo", false)]
    {
        it.put(&[statement("Allow", ROOT, "kms:*"), statement("Deny", "*", denied)])?;
        let answer = it.outcome(ALICE, "ReEncrypt", &request);
        assert_eq!(answer.contains("explicit deny"), is_denied, "{denied} {answer}");
    }
    Ok(())
}

#[test]
fn conditions_look_at_the_context() -> Result<()> {
    let it = Setting::new()?;
    let mut red = statement("Allow", &it.bob, "kms:Encrypt");
    red["Condition"] = json!({"StringEquals": {"kms:EncryptionContext:tenant": "red"}});
    it.put(&[statement("Allow", ROOT, "kms:*"), red])?;
    assert_eq!(it.encrypt(BOB, &json!({"tenant": "red", "a": "b"})), "200");
    for other in [json!({"tenant": "blue"}), json!({})] {
        assert_ne!(it.encrypt(BOB, &other), "200", "{other}");
    }
    Ok(())
}

#[test]
fn nobody_locks_themselves_out_unless_they_say_so() -> Result<()> {
    let it = Setting::new()?;
    let locked = "MalformedPolicyDocumentException: The new key policy will not allow you to update \
                  the key policy in the future.";
    let bob_alone = policy(&[statement("Allow", &it.bob, "kms:*")]);
    let denied =
        policy(&[statement("Allow", ROOT, "kms:*"), statement("Deny", ROOT, "kms:PutKeyPolicy")]);
    for text in [&bob_alone, &denied] {
        let request = json!({"KeyId": it.key, "PolicyName": "default", "Policy": text});
        assert_eq!(it.outcome(ALICE, "PutKeyPolicy", &request), locked);
        assert_eq!(it.outcome(ALICE, "CreateKey", &json!({"Policy": text})), locked);
    }
    // Nothing has changed; and Bob could not put a policy again either, were it left to his own.
    it.put(&[statement("Allow", ROOT, "kms:*"), statement("Allow", &it.bob, "kms:PutKeyPolicy")])?;
    let request = json!({"KeyId": it.key, "Policy": USUAL_POLICY});
    assert_eq!(it.outcome(BOB, "PutKeyPolicy", &request), locked);
    let request = json!({"KeyId": it.key, "Policy": bob_alone});
    assert_eq!(it.outcome(BOB, "PutKeyPolicy", &request), "200");
    assert!(it.outcome(ALICE, "GetKeyPolicy", &json!({"KeyId": it.key})).contains("because"));

    let bypass = json!({"Policy": bob_alone, "BypassPolicyLockoutSafetyCheck": true});
    assert_eq!(it.outcome(ALICE, "CreateKey", &bypass), "200");
    Ok(())
}

#[test]
fn policies_are_given_and_kept() -> Result<()> {
    let it = Setting::new()?;
    let of = |region: &str, key: &Value| -> Result<Value> {
        let policy = it.kms.administer(region, "GetKeyPolicy", &json!({"KeyId": key}))?;
        Ok(policy["Policy"].clone())
    };
    let text = policy(&[statement("Allow", &it.bob, "kms:*")]);
    let request = json!({"Policy": text, "MultiRegion": true});
    let created = it.kms.administer(REGION, "CreateKey", &request)?["KeyMetadata"]["Arn"].clone();
    assert_eq!(of(REGION, &created)?, text);
    // A replica has one of its own.
    for (region, given, expected) in
        [("us-west-2", Value::Null, USUAL_POLICY), ("eu-west-1", json!(text), text.as_str())]
    {
        let request = json!({"KeyId": created, "ReplicaRegion": region, "Policy": given});
        let answer = it.kms.administer(REGION, "ReplicateKey", &request)?;
        assert_eq!(answer["ReplicaPolicy"], expected);
        assert_eq!(of(region, &answer["ReplicaKeyMetadata"]["Arn"])?, expected);
    }
    let request = json!({"KeyId": created, "Policy": USUAL_POLICY});
    it.kms.administer(REGION, "PutKeyPolicy", &request)?;
    assert_eq!(of(REGION, &created)?, USUAL_POLICY);
    Ok(())
}

#[test]
fn policies_have_a_limit() -> Result<()> {
    let it = Setting::new()?;
    let padded = |length: usize| USUAL_POLICY.to_owned() + &" ".repeat(length - USUAL_POLICY.len());
    for (length, expected) in [(32_768, None), (32_769, Some("LimitExceededException"))] {
        let request = json!({"KeyId": it.key, "Policy": padded(length)});
        let answer = it.kms.administer(REGION, "PutKeyPolicy", &request);
        assert_eq!(answer.err().map(|error| error.code()), expected);
    }
    Ok(())
}

/// A key of the vectors has one from the moment that it is changed.
#[test]
fn keys_of_the_vectors_have_policies() -> Result<()> {
    let alice = AccessKey::new(ALICE, "alice");
    let kms = FakeAwsKms::builder().vector_keys().access_key(alice).start()?;
    let key = "arn:aws:kms:us-east-1:444455556666:key/1";
    let encrypt = json!({"KeyId": key, "Plaintext": "AAAA"});
    assert!(call_as(ALICE, &kms, REGION, "Encrypt", &encrypt).is_ok());
    let denied = policy(&[statement("Deny", "111122223333", "kms:Encrypt")]);
    kms.administer(REGION, "PutKeyPolicy", &json!({"KeyId": key, "Policy": denied}))?;
    let denied = call_as(ALICE, &kms, REGION, "Encrypt", &encrypt).unwrap_err();
    assert_eq!(denied.0, "AccessDeniedException");
    Ok(())
}
