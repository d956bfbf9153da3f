//! `keyferry rotate`.

use std::path::Path;

use crypto_envelope_s3_sse_c::{
    BucketRing, Copied, CopiedWay, ObjectCopy, ObjectPlace, Protection, SseCClient,
};
use serde_json::json;

use super::{
    Access,
    access::not_in_s3,
    object::{length_of, object_place},
    run,
};
use crate::{
    args::Rotate,
    failure::Failure,
    failures::Failures,
    place::{Cloud, Place},
    report::{self, Format},
};

/// Puts each object under the key that it is to be under.
pub(crate) fn rotate(arguments: &Rotate) -> Result<(), Failure> {
    let format = match arguments {
        Rotate { quiet: true, .. } => Format::Nothing,
        Rotate { json: true, .. } => Format::Json,
        _ => Format::Text,
    };
    let access = Access::new(&arguments.s3);
    // What cannot be is said before anything is changed.
    let planned = planned(arguments, &access, format)?;
    let count = (!arguments.recursive).then_some(planned.len());
    let mut failures = Failures::of_objects(count);
    for (place, rotating) in &planned {
        if arguments.recursive {
            rotating.all_below(place, &mut failures)?;
        } else {
            rotating.one(&object_place(place), &mut failures)?;
        }
    }
    failures.result()
}

/// What was named, and how it is rotated.
fn planned<'a>(
    arguments: &'a Rotate,
    access: &'a Access<'a>,
    format: Format,
) -> Result<Vec<(Place, Rotating<'a>)>, Failure> {
    let places: Vec<_> = arguments
        .objects
        .iter()
        .map(|named| place_of(arguments, named))
        .collect::<Result<_, Failure>>()?;
    let client = access.client()?;
    let plan = |place: Place| {
        let (before, after) = (access.before(&place.bucket)?, access.after(&place.bucket)?);
        Ok((place, Rotating { arguments, client, format, before, after }))
    };
    places.into_iter().map(plan).collect()
}

fn place_of(arguments: &Rotate, named: &Path) -> Result<Place, Failure> {
    let place = Place::parse(named)?.filter(|place| place.cloud == Cloud::S3);
    let place = place.ok_or_else(|| not_in_s3(named))?;
    if arguments.recursive {
        return Ok(place);
    }
    let place = place.one_object()?;
    if is_ring(arguments, &object_place(&place)) {
        return Err(Failure::usage(format!("{place} is a key ring, which is under no key")));
    }
    Ok(place)
}

/// Under a key, nobody could read it any more.
fn is_ring(arguments: &Rotate, place: &ObjectPlace) -> bool {
    let named = arguments.s3.sse_c.sse_c_ring.as_deref().map(Place::parse);
    let is_named = matches!(named, Some(Ok(Some(ring))) if object_place(&ring) == *place);
    is_named || place.key() == BucketRing::DEFAULT_KEY
}

struct Rotating<'a> {
    arguments: &'a Rotate,
    client: &'a SseCClient,
    format: Format,
    before: Protection,
    after: Protection,
}

impl Rotating<'_> {
    /// All objects whose names begin so, page by page.
    fn all_below(&self, place: &Place, failures: &mut Failures) -> Result<(), Failure> {
        let mut token = None;
        loop {
            let request = self
                .client
                .s3()
                .list_objects_v2()
                .bucket(&place.bucket)
                .prefix(&place.key)
                .set_continuation_token(token);
            let client = self.client.clone();
            let page = run(None, async move { client.list_objects(request).await })?;
            for listed in page.contents() {
                let (Some(key), size) = (listed.key(), length_of(listed.size())) else { continue };
                let object = ObjectPlace::new(&place.bucket, key);
                if !is_ring(self.arguments, &object)
                    && !size.is_some_and(|size| SseCClient::is_probe(key, size))
                {
                    self.one(&object, failures)?;
                }
            }
            token = page.next_continuation_token().map(ToOwned::to_owned);
            if token.is_none() {
                return Ok(());
            }
        }
    }

    fn one(&self, place: &ObjectPlace, failures: &mut Failures) -> Result<(), Failure> {
        let copying = &self.arguments.copying;
        let copy = ObjectCopy::in_place(place.clone(), self.before.clone(), self.after.clone());
        let copy = copy.ways(copying.s3_copy.into());
        let copy = if copying.assume_no_writers { copy.assume_no_writers() } else { copy };
        let client = self.client.clone();
        let outcome = run(None, async move { client.copy(copy).await }).map_err(Failure::from);
        self.tell(place, &outcome)?;
        match outcome {
            Ok(_) => failures.add_success(),
            Err(failure) => failures.add(failure),
        }
        Ok(())
    }

    fn tell(&self, place: &ObjectPlace, outcome: &Result<Copied, Failure>) -> Result<(), Failure> {
        match (self.format, outcome) {
            (Format::Json, outcome) => report::print_json(&match outcome {
                Ok(copied) => json!({
                    "operation": "rotate",
                    "status": if copied.way == CopiedWay::AlreadyThere { "skipped" } else { "done" },
                    "object": place.to_string(),
                    "way": way(copied.way),
                    "length": copied.size,
                    "version": copied.place.version(),
                    "version_before": copied.source_version,
                }),
                Err(failure) => json!({
                    "operation": "rotate",
                    "status": "failed",
                    "object": place.to_string(),
                    "error": failure.text(),
                    "exit_code": failure.code() as u8,
                }),
            }),
            (Format::Text, Ok(copied)) if copied.way == CopiedWay::AlreadyThere => {
                report::say(&format!("left {place}: it is under this key already"));
                Ok(())
            }
            (Format::Text, Ok(copied)) => {
                let (way, size) = (way(copied.way), copied.size);
                report::say(&format!("rotated {place} ({way}, {size} bytes)"));
                Ok(())
            }
            // They are said, or are what the run fails of.
            (Format::Nothing, Ok(_)) | (_, Err(_)) => Ok(()),
        }
    }
}

/// In words.
fn way(way: CopiedWay) -> &'static str {
    match way {
        CopiedWay::AlreadyThere => "already there",
        CopiedWay::OnServer => "on the server",
        CopiedWay::OnServerInParts => "on the server, in parts",
        _ => "through here",
    }
}
