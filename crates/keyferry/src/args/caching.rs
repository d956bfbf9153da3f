//! `--caching`.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use crypto_envelope::{
    Error,
    cache::{MaterialsCache, MaterialsCacheBuilder},
};

/// For how long, and for how much, one data key serves.
#[derive(Clone, Debug)]
pub(crate) struct Caching(MaterialsCacheBuilder);

impl Caching {
    pub(crate) fn cache(&self) -> crypto_envelope::Result<MaterialsCache> {
        self.0.clone().build()
    }
}

/// `max-age=SECONDS`, and thresholds, with commas between them.
impl FromStr for Caching {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut given = numbers(text)?;
        let age = given.remove("max-age").ok_or("for how long? max-age=SECONDS says it")?;
        let mut builder = MaterialsCache::builder(Duration::from_secs(age));
        if let Some(messages) = given.remove("max-messages") {
            builder = builder.max_messages(messages);
        }
        if let Some(bytes) = given.remove("max-bytes") {
            builder = builder.max_bytes(bytes);
        }
        if let Some(entries) = given.remove("capacity") {
            builder = builder.capacity(usize::try_from(entries).unwrap_or(usize::MAX));
        }
        if let Some(other) = given.keys().next() {
            return Err(format!(
                "unknown threshold {other:?}; there are: max-age, max-messages, max-bytes, capacity"
            ));
        }
        let caching = Self(builder);
        match caching.cache() {
            Ok(_) => Ok(caching),
            Err(Error::InvalidInput { what, .. }) => Err(what),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn numbers(text: &str) -> Result<BTreeMap<&str, u64>, String> {
    let mut numbers = BTreeMap::new();
    for pair in text.split(',') {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| format!("expected NAME=NUMBER, not {pair:?}"))?;
        let number =
            value.parse().map_err(|_| format!("{name} is a whole number, not {value:?}"))?;
        if numbers.insert(name, number).is_some() {
            return Err(format!("{name} is given twice"));
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_enough() {
        for text in ["max-age=60", "max-messages=10,max-age=1,max-bytes=0,capacity=2"] {
            assert!(text.parse::<Caching>().is_ok(), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, mistake) in [
            ("", "expected NAME=NUMBER"),
            ("on", "expected NAME=NUMBER"),
            ("max-age=5m", "whole number"),
            ("max-age=1,max-age=2", "given twice"),
            ("max-messages=10", "for how long?"),
            ("max-age=1,age=2", "unknown threshold \"age\""),
            ("max-age=0", "age"),
            ("max-age=1,capacity=0", "capacity"),
            ("max-age=1,max-messages=0", "messages"),
            ("max-age=1,max-bytes=9223372036854775808", "bytes"),
        ] {
            let error = text.parse::<Caching>().expect_err(text);
            assert!(error.contains(mistake), "{text}: {error}");
        }
    }
}
