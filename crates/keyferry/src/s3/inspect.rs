//! What an object says about itself.

use std::io::Read;

use serde_json::{Value, json};

use super::{
    Access,
    object::{bare, length_of, version_of},
};
use crate::{
    args::Inspect,
    failure::Failure,
    place::Place,
    progress::Progress,
    remote::{Front, no_base64},
    report::{Claims, Depth, StoredFacts},
};

/// What can be known without the key of the message, and is not verified.
pub(crate) struct MessageClaims {
    claims: Claims,
    facts: StoredFacts,
}

impl MessageClaims {
    /// Asks S3.
    pub(crate) fn of(
        access: &Access<'_>,
        place: &Place,
        arguments: &Inspect,
        progress: Progress,
    ) -> Result<Self, Failure> {
        if arguments.decode {
            return Err(no_base64());
        }
        let object = access.source(place.clone())?;
        let (name, found, depth) = (object.name(), object.head()?, arguments.into());
        let length = length_of(found.content_length());
        let facts = StoredFacts {
            length: length.unwrap_or_default(),
            etag: bare(found.e_tag()).unwrap_or_default(),
            version_id: found.version_id().map(str::to_owned),
        };
        let reader: Box<dyn Read> = match depth {
            Depth::Header => Box::new(Front::of(object, version_of(found.e_tag()))),
            Depth::All => Box::new(object.open(progress)?),
        };
        let claims = Claims::read(name, reader, depth, length)?;
        Ok(Self { claims, facts })
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut claims = self.claims.to_json();
        claims["format"] = json!("message");
        self.facts.add_to(&mut claims);
        claims
    }

    pub(crate) fn to_text(&self) -> String {
        let lines = self.facts.lines();
        lines.iter().fold(self.claims.to_text(), |text, line| text + line + "\n")
    }
}
