//! The parameters of a query.

use std::string::FromUtf8Error;

use super::percent;

/// The pairs of a query, as they are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn of(query: &str) -> Result<Self, FromUtf8Error> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((form(name)?, form(value)?))
        });
        Ok(Self(pairs.collect::<Result<_, FromUtf8Error>>()?))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs.find_map(|(given, value)| (given == name).then_some(value.as_str()))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// In queries, a plus sign is a space.
fn form(encoded: &str) -> Result<String, FromUtf8Error> {
    String::from_utf8(percent::decode(&encoded.replace('+', " ")))
}
