//! `--context`.

use std::str::FromStr;

/// A pair of the encryption context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// What a message must have in its encryption context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Pair(Pair),
    /// Any value will do.
    Key(String),
}

impl FromStr for Pair {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                Ok(Self { key: key.to_owned(), value: value.to_owned() })
            }
            _ => Err("expected KEY=VALUE"),
        }
    }
}

impl FromStr for Expected {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Err("expected KEY=VALUE, or KEY alone"),
            key if !key.contains('=') => Ok(Self::Key(key.to_owned())),
            pair => pair.parse().map(Self::Pair),
        }
    }
}
