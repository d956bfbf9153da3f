//! What an object says about itself.

use crypto_envelope::{HeaderParser, Limits, io};
use serde_json::{Value, json};

use super::{
    Access,
    object::{bare, length_of},
};
use crate::{
    args::Inspect,
    bounds,
    failure::Failure,
    place::Place,
    progress::Progress,
    remote::{Front, no_base64},
    report::{Claims, StoredFacts},
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
        let name = object.name();
        let about = |error| Failure::of_message(error, &name);
        let found = object.head()?;
        let length = length_of(found.content_length());
        let facts = StoredFacts {
            length: length.unwrap_or_default(),
            etag: bare(found.e_tag()).unwrap_or_default(),
            version_id: found.version_id().map(str::to_owned),
        };
        let limits = Limits::default().with_max_buffered(bounds::MOST_HELD);
        let parser = HeaderParser::new(limits.clone());
        let claims = if arguments.full {
            let (header, body) = io::read_header(parser, object.open(progress)?).map_err(about)?;
            Claims::of_outline(name.clone(), &io::outline(header, body, &limits).map_err(about)?)
        } else {
            let (header, _) = io::read_header(parser, Front::new(object)).map_err(about)?;
            Claims::of_header(name.clone(), header.claims().clone(), length)
        };
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
