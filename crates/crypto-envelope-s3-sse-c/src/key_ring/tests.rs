//! What rings do, with places and key providers that fail.

mod changing;
mod opening;
mod retiring;
mod using;

use std::time::Duration;

use crypto_envelope::{EncryptionContext, Result, blocking};

use super::testing::{
    Fault, MemoryRing, Provider, builder, created, digest_of, kind, opened, wait_for,
};
use super::{Epoch, KeyRing, KeyRingError, KeyRingErrorKind};

fn epoch(number: u32) -> Epoch {
    Epoch::new(number).expect("not zero")
}

fn digest_for_writing(ring: &KeyRing) -> Result<(u32, String)> {
    let (epoch, key) = blocking::wait(ring.key_for_writing("photos", "cat.jpg"))?;
    Ok((epoch.number(), key.digest().to_string()))
}

fn message<T>(outcome: Result<T>) -> String {
    outcome.err().map(|error| error.to_string()).unwrap_or_default()
}
