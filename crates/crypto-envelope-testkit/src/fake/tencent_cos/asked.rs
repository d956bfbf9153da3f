//! A request as COS understands it: where to, which object, with which parameters.

use crate::fake::http::{Request, percent};

use super::{error::CosError, operation::Operation};

#[derive(Debug)]
pub(super) struct Asked<'r> {
    pub(super) request: &'r Request,
    /// Without the slash in front; empty for the bucket itself.
    pub(super) key: String,
    pub(super) parameters: Parameters,
    /// Nothing for what the fake does not have.
    pub(super) operation: Option<Operation>,
}

impl<'r> Asked<'r> {
    pub(super) fn of(request: &'r Request) -> Result<Self, CosError> {
        let path = text(percent::decode(&request.path))?;
        let key = path.strip_prefix('/').unwrap_or(&path).to_owned();
        let parameters = Parameters::of(&request.query)?;
        let operation = Operation::of(request, &key, &parameters);
        Ok(Self { request, key, parameters, operation })
    }

    pub(super) fn header(&self, name: &str) -> Option<&'r str> {
        self.request.header(name)
    }
}

/// The pairs of a query, as they are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(query: &str) -> Result<Self, CosError> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((form(name)?, form(value)?))
        });
        Ok(Self(pairs.collect::<Result<_, CosError>>()?))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs.find_map(|(given, value)| (given == name).then_some(value.as_str()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// In queries, a plus sign is a space.
fn form(encoded: &str) -> Result<String, CosError> {
    text(percent::decode(&encoded.replace('+', " ")))
}

fn text(bytes: Vec<u8>) -> Result<String, CosError> {
    let no_text = |_| CosError::new(400, "InvalidURI", "The URI is no UTF-8.");
    String::from_utf8(bytes).map_err(no_text)
}
