//! Turning keys off, on, over and out.

use std::time::Duration;

use serde_json::{Value, json};

use super::Operation;
use crate::fake::aws_kms::{
    error::KmsError,
    key::{Key, Origin, State},
};

impl Operation<'_> {
    pub(super) fn enable_key(self) -> Result<Value, KmsError> {
        let key = self.key()?;
        self.set_state(&key, State::Enabled)
    }

    pub(super) fn disable_key(self) -> Result<Value, KmsError> {
        let key = self.key()?;
        self.set_state(&key, State::Disabled)
    }

    pub(super) fn schedule_key_deletion(self) -> Result<Value, KmsError> {
        let days = self.fields.number("PendingWindowInDays", 7, 30)?.unwrap_or(30);
        let key = self.key()?;
        key.check_kept()?;
        let end = self.store.clock.seconds_after(DAY * days);
        let state = State::PendingDeletion(end);
        self.store.change(&key.arn, |key| key.state = state)?;
        Ok(json!({
            "KeyId": key.arn.to_string(),
            "DeletionDate": end,
            "KeyState": state.name(),
            "PendingWindowInDays": days,
        }))
    }

    pub(super) fn cancel_key_deletion(self) -> Result<Value, KmsError> {
        let key = self.key()?;
        if key.check_kept().is_ok() {
            return Err(KmsError::invalid_state(format!("{} is not pending deletion.", key.arn)));
        }
        self.store.change(&key.arn, |key| key.state = key.state_when_kept())?;
        Ok(json!({"KeyId": key.arn.to_string()}))
    }

    pub(super) fn rotate_key(self) -> Result<Value, KmsError> {
        let key = self.key()?;
        if !key.spec.is_symmetric() {
            return Err(KmsError::unsupported(format!("{} cannot be rotated.", key.arn)));
        }
        if matches!(key.origin, Origin::External(_)) {
            return Err(KmsError::unsupported("This fake does not rotate imported material."));
        }
        if !key.is_primary() {
            let message = format!("{} is a replica: its primary key is rotated.", key.arn);
            return Err(KmsError::unsupported(message));
        }
        if key.arn.is_multi_region() && self.store.has_vector_keys {
            // Its replicas would not follow.
            let message = "This fake does not rotate multi-Region keys of the vectors.";
            return Err(KmsError::unsupported(message));
        }
        key.check_enabled()?;
        key.material.symmetric()?.rotate();
        // A key of the vectors exists from now on, with what it has.
        self.store.change(&key.arn, |kept| kept.material = key.material.clone())?;
        Ok(json!({"KeyId": key.arn.id}))
    }

    fn set_state(self, key: &Key, state: State) -> Result<Value, KmsError> {
        key.check_kept()?;
        key.check_imported()?;
        self.store.change(&key.arn, |key| key.state = state)?;
        Ok(Value::Null)
    }
}

const DAY: Duration = Duration::from_hours(24);
