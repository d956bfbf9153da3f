//! Instruction files: the wrapped key of an object in an object beside it.

use crypto_envelope::Result;
use serde_json::Value;

use super::{
    CosCarrier,
    envelope::CosEnvelope,
    legacy,
    names::{INSTRUCTION_FILE, Pairs},
};
use crate::CosObjectError;

/// Of the body of an instruction file.
pub(super) fn parse(body: &[u8]) -> Result<CosEnvelope> {
    let malformed = |what| CosObjectError::Malformed { name: INSTRUCTION_FILE, what };
    if body.len() > LONGEST {
        return Err(malformed("it is longer than any instruction file").into());
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(malformed("it is not a JSON object").into());
    };
    let texts = fields.iter().map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let texts = texts.collect::<Option<Vec<_>>>();
    let texts = texts.ok_or_else(|| malformed("it has a field that is no text"))?;
    legacy::parse(&Pairs::new(texts), CosCarrier::InstructionFile)
}

/// In bytes. The longest RSA key makes some 1500.
pub(crate) const LONGEST: usize = 64 << 10;
