//! Enabling, disabling, deleting.

use std::time::Duration;

use serde_json::Value;

use super::{Operation, done};
use crate::fake::{
    alibaba_kms::{Refusal, key::State},
    date::Date,
};

impl Operation<'_> {
    pub(super) fn enable_key(self) -> Result<Value, Refusal> {
        self.turn(State::Enabled)
    }

    pub(super) fn disable_key(self) -> Result<Value, Refusal> {
        self.turn(State::Disabled)
    }

    pub(super) fn schedule_key_deletion(self) -> Result<Value, Refusal> {
        self.parameters.required("PendingWindowInDays")?;
        let days = self.parameters.number("PendingWindowInDays", 7..=366)?.unwrap_or_default();
        let wait = Duration::from_hours(24 * days as u64);
        let now = self.store.clock.now();
        let date = Date::of(now.checked_add(wait).unwrap_or(now));
        self.turn(State::PendingDeletion(date))
    }

    pub(super) fn cancel_key_deletion(mut self) -> Result<Value, Refusal> {
        self.change_key(|key| {
            if !matches!(key.state, State::PendingDeletion(_)) {
                let message = "The key does not wait for its deletion.";
                return Err(Refusal::new(409, "Rejected.InvalidState", message));
            }
            key.state = State::Enabled;
            Ok(done())
        })
    }

    /// What waits for its deletion goes on to wait.
    fn turn(mut self, state: State) -> Result<Value, Refusal> {
        self.change_key(|key| {
            if matches!(key.state, State::PendingDeletion(_)) {
                return Err(Refusal::pending_deletion());
            }
            key.state = state;
            Ok(done())
        })
    }
}
