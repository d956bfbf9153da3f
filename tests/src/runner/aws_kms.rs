//! Which calls KMS gets: those of the official SDK, in its order.

use crypto_envelope::blocking;
use serde_json::{Value, json};

use crate::{
    aws_kms::Kms,
    vectors::{Manifest, Result, Vector},
};

/// Compares the calls since the last look with those that opened the message.
pub(super) fn opened_as_recorded(vector: &Vector, kms: &Kms) -> Result<()> {
    let calls = kms.take_calls();
    match vector.decrypt_calls() {
        Some(recorded) => equal(&calls, &recorded.iter().map(request).collect::<Vec<_>>()),
        // There it made none, and did not open the message.
        None if calls.len() == 1 && calls[0]["op"] == "Decrypt" => Ok(()),
        None => Err(format!("not one call to decrypt: {calls:?}").into()),
    }
}

/// Writes the message anew and compares the calls.
pub(super) fn writes_as_recorded(manifest: &Manifest, vector: &Vector, kms: &Kms) -> Result<()> {
    let encryptor = manifest.encryptor(vector, kms)?;
    let plaintext = manifest.plaintext(vector)?;
    blocking::wait(encryptor.encrypt(&plaintext, &vector.context()?))?;
    let recorded: Vec<_> = vector.encrypt_calls().iter().map(request).collect();
    let calls = kms.take_calls();
    equal(&without_what_is_random(&calls)?, &without_what_is_random(&recorded)?)
}

/// Operation, region and parameters of a recorded call.
fn request(call: &Value) -> Value {
    json!({ "op": call["op"], "region": call["region"], "request": call["request"] })
}

/// The data key and the verification key are others each time, but the same in all calls.
fn without_what_is_random(calls: &[Value]) -> Result<Vec<Value>> {
    let (mut plaintexts, mut public_keys) = (Vec::new(), Vec::new());
    let mut calls = calls.to_vec();
    for call in &mut calls {
        let request = &mut call["request"];
        plaintexts.extend(request.get_mut("Plaintext").map(Value::take));
        let context = &mut request["EncryptionContext"];
        public_keys.extend(context.get_mut("aws-crypto-public-key").map(Value::take));
    }
    for values in [plaintexts, public_keys] {
        if values.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(format!("several values in calls for one message: {values:?}").into());
        }
    }
    Ok(calls)
}

fn equal(calls: &[Value], recorded: &[Value]) -> Result<()> {
    if calls == recorded {
        Ok(())
    } else {
        Err(format!("these calls: {calls:#?}\nnot those that are recorded: {recorded:#?}").into())
    }
}
