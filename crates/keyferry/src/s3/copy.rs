//! Objects and files that are copied as they are.

use std::{io::Write, path::Path};

use crypto_envelope::{Error, blocking, service};
use crypto_envelope_s3_sse_c::{
    CopyWays, ObjectCopy, ObjectPlace, Protection, SseCClient, Upload, Uploaded,
    aws_sdk_s3::{operation::get_object::GetObjectOutput, primitives::ByteStream},
};

use super::{S3Place, access, run};
use crate::{
    args::{Copy, S3CopyWay},
    failure::Failure,
    input::Source,
    output::{Audience, Decision, Destination, Existing, Output, exists},
    piped::Piped,
    progress::{Progress, Shown},
    report::{self, Format},
    transfers::{identity_of, record_of},
};

/// What was copied.
pub(crate) struct Copied {
    pub(crate) length: u64,
    pub(crate) etag: Option<String>,
}

type Outcome = Result<(String, Option<Copied>), Failure>;

/// Copies, if one of both is in S3.
pub(crate) fn copy(arguments: &Copy, format: Format, existing: Existing) -> Option<Outcome> {
    let parse = |path: &Path| S3Place::parse(path);
    let ends = parse(&arguments.source).and_then(|source| Ok((source, parse(&arguments.target)?)));
    let copying = Copying { arguments, format, existing };
    match ends {
        Err(failure) => Some(Err(failure)),
        Ok((None, None)) => None,
        Ok((Some(source), Some(target))) => Some(copying.inside(&source, target)),
        Ok((Some(source), None)) => Some(copying.down(&source)),
        Ok((None, Some(target))) => Some(copying.up(target)),
    }
}

struct Copying<'a> {
    arguments: &'a Copy,
    format: Format,
    existing: Existing,
}

impl Copying<'_> {
    fn client(&self) -> Result<SseCClient, Failure> {
        access::client(&self.arguments.s3)
    }

    fn show(&self, name: &str, length: Option<u64>) -> Shown {
        Progress::new(self.format, 1).next().show(name, length)
    }

    /// Inside of S3, with all that is stored beside the bytes.
    fn inside(&self, source: &S3Place, target: S3Place) -> Outcome {
        let target = target.named(source.name());
        if *source == target {
            return Err(Failure::usage(format!("{source} is both source and target"))
                .hint("keyferry rotate puts it under another key"));
        }
        let client = self.client()?;
        let Copy { sse_c, from, copying, .. } = self.arguments;
        let after = access::protection(&client, sse_c, &target.bucket)?;
        let before = access::before(from, &after)?;
        let (source, place) = (source.object()?, target.object()?);
        let decision = decide(&client, &place, self.existing)?;
        let name = target.to_string();
        if decision == Decision::Skip {
            return Ok((name, None));
        }
        let shown = self.show(&name, None);
        let mut copy = ObjectCopy::new(source, before, place, after)
            .ways(copying.s3_copy.into())
            .on_progress(move |bytes| advance(&shown, bytes));
        if !decision.may_replace() {
            copy = copy.forbid_overwrite();
        }
        let copied = run(None, async move { client.copy(copy).await })?;
        Ok((name, Some(Copied { length: copied.size, etag: bare(copied.etag) })))
    }

    /// From a file or standard input.
    fn up(&self, target: S3Place) -> Outcome {
        let source = Source::named(&self.arguments.source);
        let file_name = self.arguments.source.file_name().unwrap_or_default().to_string_lossy();
        if source == Source::StandardInput && target.is_folder() {
            return Err(Failure::usage("standard input has no name: say which object"));
        }
        let target = target.named(&file_name);
        let name = target.to_string();
        let client = self.client()?;
        let protection = access::protection(&client, &self.arguments.sse_c, &target.bucket)?;
        let place = target.object()?;
        let input = source.open()?;
        let decision = decide(&client, &place, self.existing)?;
        if decision == Decision::Skip {
            return Ok((name, None));
        }
        let shown = self.show(&source.name(), input.length());
        let record = match source.path().filter(|_| input.is_file()) {
            Some(path) if !self.arguments.cos.no_resume => {
                Some(self.record("upload", &path, &name)?)
            }
            _ => None,
        };
        let mut upload = match source.path().filter(|_| input.is_file()) {
            Some(path) => Upload::file(path),
            None => Upload::stream(Piped::new(input)),
        };
        if let Some(record) = &record {
            upload = upload.resumable(record);
        }
        if !decision.may_replace() {
            upload = upload.forbid_overwrite();
        }
        let upload = upload.on_progress(move |bytes| advance(&shown, bytes));
        let Uploaded { size, etag, .. } = run(record.as_deref(), async move {
            let request =
                client.s3().create_multipart_upload().bucket(place.bucket()).key(place.key());
            client.upload(request, upload, protection).await
        })?;
        Ok((name, Some(Copied { length: size, etag: bare(etag) })))
    }

    /// To a file or standard output.
    fn down(&self, source: &S3Place) -> Outcome {
        let target = &self.arguments.target;
        let path = if target.is_dir() { target.join(source.name()) } else { target.clone() };
        let destination = Destination::named(&path)?;
        let decision = destination.decide(self.existing)?;
        let name = destination.to_string();
        if decision == Decision::Skip {
            return Ok((name, None));
        }
        let client = self.client()?;
        let protection = access::protection(&client, &self.arguments.sse_c, &source.bucket)?;
        let place = source.object()?;
        let object = run(None, get(client, place, protection))?;
        let length = object.content_length().and_then(|length| u64::try_from(length).ok());
        let shown = self.show(&source.to_string(), length);
        let output = destination.open(decision, Audience::Everybody)?;
        let length = write(object.body, output, &shown)?;
        Ok((name, Some(Copied { length, etag: None })))
    }

    /// Where it is written down how far a transfer is. Tells people if an earlier run has begun it.
    fn record(
        &self,
        command: &str,
        path: &Path,
        object: &str,
    ) -> Result<std::path::PathBuf, Failure> {
        let endpoint = self.arguments.s3.s3_endpoint.clone().unwrap_or_default();
        let identity = ["s3", command, &identity_of(path), &endpoint, object].map(str::to_owned);
        let record = record_of(identity.into_iter())?;
        if self.format == Format::Text && record.exists() {
            report::say("an earlier run was interrupted: going on where it was");
        }
        Ok(record)
    }
}

/// Decides about an object that is there already, under whatever key.
fn decide(
    client: &SseCClient,
    place: &ObjectPlace,
    existing: Existing,
) -> Result<Decision, Failure> {
    if existing == Existing::Replace {
        return Ok(Decision::Replace);
    }
    let (client, there) = (client.clone(), place.clone());
    match (run(None, async move { client.exists(&there).await })?, existing) {
        (false, _) => Ok(Decision::Create),
        (true, Existing::Skip) => Ok(Decision::Skip),
        (true, _) => Err(exists(&place.to_string())),
    }
}

async fn get(
    client: SseCClient,
    place: ObjectPlace,
    protection: Protection,
) -> crypto_envelope::Result<GetObjectOutput> {
    let request = client.s3().get_object().bucket(place.bucket()).key(place.key());
    client.get_object(request, protection).await
}

/// From the front to the end. Each chunk comes from where connections live.
fn write(body: ByteStream, mut output: Output, shown: &Shown) -> Result<u64, Failure> {
    let (mut body, mut length) = (body, 0);
    loop {
        let next = service::run(async move {
            let chunk = body.next().await;
            (body, chunk)
        });
        let (rest, chunk) = blocking::wait(next)?;
        body = rest;
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(|error| Error::Io(std::io::Error::other(error)))?;
        output.write_all(&chunk).map_err(Error::from)?;
        length += chunk.len() as u64;
        shown.advance(chunk.len());
    }
    output.commit()?;
    Ok(length)
}

fn advance(shown: &Shown, bytes: u64) {
    shown.advance(usize::try_from(bytes).unwrap_or(usize::MAX));
}

/// As people write it.
fn bare(tag: Option<String>) -> Option<String> {
    tag.map(|tag| tag.trim_matches('"').to_owned())
}

impl From<S3CopyWay> for CopyWays {
    fn from(way: S3CopyWay) -> Self {
        match way {
            S3CopyWay::Any => Self::Any,
            S3CopyWay::Server => Self::OnServer,
            S3CopyWay::Here => Self::ThroughHere,
        }
    }
}
