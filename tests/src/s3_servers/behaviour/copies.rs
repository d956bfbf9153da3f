//! Copies of whole objects.

use serde_json::json;

use super::{ANOTHER, Case, Keys, OURS, Observer, from_to, key, said, source};
use crate::vectors::Result;

/// Copies of whole objects.
pub const COPIES: &[Case] = &[
    ("encrypt", |s3| {
        s3.put("a", None, json!({}))?;
        copied(s3, "b", key(OURS))
    }),
    ("rekey", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        copied(s3, "b", from_to(OURS, ANOTHER))
    }),
    ("same-key", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        copied(s3, "b", from_to(OURS, OURS))
    }),
    ("decrypt", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        copied(s3, "b", source(OURS))
    }),
    ("rekey-in-place", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        copied(s3, "a", from_to(OURS, ANOTHER))
    }),
    ("rekey-in-place-replacing-metadata", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        replaced(s3, from_to(OURS, ANOTHER))
    }),
    ("encrypt-in-place", |s3| {
        s3.put("a", None, json!({}))?;
        copied(s3, "a", key(OURS))
    }),
    ("encrypt-in-place-replacing-metadata", |s3| {
        s3.put("a", None, json!({}))?;
        replaced(s3, key(OURS))
    }),
    ("source-with-another-key", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        copied(s3, "b", from_to(ANOTHER, OURS))
    }),
    ("source-without-key", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        copied(s3, "b", key(OURS))
    }),
    ("plain-source-with-key", |s3| {
        s3.put("a", None, json!({}))?;
        copied(s3, "b", from_to(OURS, OURS))
    }),
];

/// From `a`, with what became of it.
fn copied(s3: &mut Observer<'_>, to: &str, keys: Keys) -> Result<String> {
    s3.look_away()?;
    let copy = s3.copy("a", to, keys, json!({}))?;
    let said = said(&copy, keys.key.unwrap_or(OURS));
    outcome(s3, to, said, copy.code.is_none())
}

/// The same in place, where this is what makes it a change for S3.
fn replaced(s3: &mut Observer<'_>, keys: Keys) -> Result<String> {
    let more = json!({"MetadataDirective": "REPLACE", "Metadata": {"new": "yes"}});
    s3.look_away()?;
    let copy = s3.copy("a", "a", keys, more)?;
    let said = said(&copy, keys.key.unwrap_or(OURS));
    outcome(s3, "a", said, copy.code.is_none())
}

fn outcome(s3: &mut Observer<'_>, to: &str, said: String, is_copied: bool) -> Result<String> {
    if !is_copied {
        return Ok(said);
    }
    let head = s3.head(to, None)?;
    let (opens_with, at_rest) = (s3.opens_with(to)?, s3.at_rest(to)?);
    Ok(format!(
        "{said}, HEAD without key {}, opens with {opens_with}, {at_rest} at rest",
        super::said(&head, OURS)
    ))
}
