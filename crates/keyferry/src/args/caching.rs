//! `--caching`.

use std::{collections::BTreeMap, time::Duration};

use crypto_envelope::{
    Error,
    cache::{MaterialsCache, MaterialsCacheBuilder},
};

/// For how long, and for how much, data keys are kept.
#[derive(Clone, Debug)]
pub(crate) struct Caching(MaterialsCacheBuilder);

impl Caching {
    /// Thresholds to encrypt: `max-age=SECONDS`, and others, with commas between them.
    pub(crate) fn to_encrypt(text: &str) -> Result<Self, String> {
        let mut thresholds = Thresholds::parse(text)?;
        let mut builder = thresholds.take_age()?;
        if let Some(messages) = thresholds.take("max-messages") {
            builder = builder.max_messages(messages);
        }
        if let Some(bytes) = thresholds.take("max-bytes") {
            builder = builder.max_bytes(bytes);
        }
        thresholds.none_left("max-age, max-messages, max-bytes")?;
        Self::checked(builder)
    }

    /// Thresholds to decrypt: `max-age=SECONDS`, and the capacity.
    pub(crate) fn to_decrypt(text: &str) -> Result<Self, String> {
        let mut thresholds = Thresholds::parse(text)?;
        let mut builder = thresholds.take_age()?;
        if let Some(entries) = thresholds.take("capacity") {
            builder = builder.capacity(usize::try_from(entries).unwrap_or(usize::MAX));
        }
        thresholds.none_left("max-age, capacity")?;
        Self::checked(builder)
    }

    pub(crate) fn cache(&self) -> crypto_envelope::Result<MaterialsCache> {
        self.0.clone().build()
    }

    fn checked(builder: MaterialsCacheBuilder) -> Result<Self, String> {
        let caching = Self(builder);
        match caching.cache() {
            Ok(_) => Ok(caching),
            Err(Error::InvalidInput { what, .. }) => Err(what),
            Err(error) => Err(error.to_string()),
        }
    }
}

struct Thresholds<'a>(BTreeMap<&'a str, u64>);

impl<'a> Thresholds<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let mut thresholds = BTreeMap::new();
        for pair in text.split(',') {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| format!("expected NAME=NUMBER, not {pair:?}"))?;
            let number =
                value.parse().map_err(|_| format!("{name} is a whole number, not {value:?}"))?;
            if thresholds.insert(name, number).is_some() {
                return Err(format!("{name} is given twice"));
            }
        }
        Ok(Self(thresholds))
    }

    fn take(&mut self, name: &str) -> Option<u64> {
        self.0.remove(name)
    }

    fn take_age(&mut self) -> Result<MaterialsCacheBuilder, String> {
        let seconds = self.take("max-age").ok_or("for how long? max-age=SECONDS says it")?;
        Ok(MaterialsCache::builder(Duration::from_secs(seconds)))
    }

    /// Refuses what nobody has taken.
    fn none_left(&self, known: &str) -> Result<(), String> {
        match self.0.keys().next() {
            Some(name) => Err(format!("unknown threshold {name:?}; there are: {known}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_enough() {
        for text in ["max-age=60", "max-messages=10,max-age=1,max-bytes=0"] {
            assert!(Caching::to_encrypt(text).is_ok(), "{text}");
        }
        for text in ["max-age=60", "capacity=1,max-age=60"] {
            assert!(Caching::to_decrypt(text).is_ok(), "{text}");
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
            ("max-age=1,capacity=2", "unknown threshold \"capacity\""),
            ("max-age=0", "age"),
            ("max-age=1,max-messages=0", "messages"),
            ("max-age=1,max-bytes=9223372036854775808", "bytes"),
        ] {
            let error = Caching::to_encrypt(text).expect_err(text);
            assert!(error.contains(mistake), "{text}: {error}");
        }
        for (text, mistake) in [
            ("max-age=0", "age"),
            ("max-age=1,capacity=0", "room"),
            ("max-age=1,max-messages=5", "unknown threshold \"max-messages\""),
        ] {
            let error = Caching::to_decrypt(text).expect_err(text);
            assert!(error.contains(mistake), "{text}: {error}");
        }
    }
}
