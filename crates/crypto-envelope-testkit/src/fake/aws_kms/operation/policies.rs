//! What keys themselves say about who may do what.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Operation;
use crate::fake::aws_kms::{
    access::Grants,
    arn::Arn,
    context::Context,
    error::KmsError,
    policy::{Attempt, Policy},
};

impl Operation<'_> {
    pub(super) fn put_key_policy(self) -> Result<Value, KmsError> {
        self.fields.required_text("Policy")?;
        let key = self.key()?;
        self.check_policy_name()?;
        let policy = self.policy_of(&key.arn)?;
        self.store.change(&key.arn, |key| key.policy = policy)?;
        Ok(Value::Null)
    }

    pub(super) fn key_policy(&self) -> Result<Value, KmsError> {
        let key = self.key()?;
        self.check_policy_name()?;
        Ok(json!({"Policy": key.policy.text(), "PolicyName": POLICY_NAME}))
    }

    pub(super) fn list_key_policies(&self) -> Result<Value, KmsError> {
        self.key()?;
        self.page("PolicyNames", &[json!(POLICY_NAME)])
    }

    /// The policy that the request gives to this key: the usual one, if it says nothing.
    pub(super) fn policy_of(&self, key: &Arn) -> Result<Arc<Policy>, KmsError> {
        let Some(text) = self.fields.text("Policy")? else { return Ok(Policy::usual()) };
        if text.len() > MAX_LENGTH {
            let message = format!("A key policy must not exceed {MAX_LENGTH} bytes.");
            return Err(KmsError::new("LimitExceededException", message));
        }
        let policy = Policy::parse(text)?;
        if !self.fields.flag("BypassPolicyLockoutSafetyCheck")? {
            self.check_lockout(&policy, key)?;
        }
        Ok(Arc::new(policy))
    }

    /// Refuses a policy under which the caller could not put another one.
    fn check_lockout(&self, policy: &Policy, key: &Arn) -> Result<(), KmsError> {
        let Some(identity) = &self.caller.identity else { return Ok(()) };
        let (user, key) = (identity.user_arn(), key.to_string());
        let context = Context::default();
        let again = Attempt { user: &user, action: "PutKeyPolicy", key: &key, context: &context };
        let verdict = policy.verdict(&again);
        identity.check(again.action, &key, Grants::AreSilent, verdict).map_err(|_| {
            KmsError::malformed_policy(
                "The new key policy will not allow you to update the key policy in the future.",
            )
        })
    }

    fn check_policy_name(&self) -> Result<(), KmsError> {
        match self.fields.text("PolicyName")? {
            None | Some(POLICY_NAME) => Ok(()),
            Some(_) => Err(KmsError::not_found("No such policy exists")),
        }
    }
}

/// A key has one, of this name.
const POLICY_NAME: &str = "default";
const MAX_LENGTH: usize = 32 * 1024;
