//! What the SDK for Python sends.

use std::{path::Path, time::Duration};

use crypto_envelope_tencent_cos::{
    AbortMultipartUpload, ByteRange, CompleteMultipartUpload, CompletedPart, CopyObject,
    CopySource, CosBucket, CosCredentials, CosEndpoint, CosMethod, DeleteObject, ETag, GetObject,
    HeadObject, InitiateMultipartUpload, ListMultipartUploads, ListParts, ObjectKey,
    ObjectMetadata, PartNumber, PutObject, UploadId, UploadPart,
    wire::{self, Sent, SignRequest},
};

use super::signing::{at, credentials, method};
use crate::{
    runner::Outcome,
    vector_files::case::{Case, same},
    vectors::Result,
};

/// All requests of a call of the SDK: our signature of each, and our whole request for those that we send as
/// well.
pub(super) fn check(directory: &Path, case: &Case) -> Result<Outcome> {
    let keys = Case::all(&directory.join("signature.json"))?;
    let keys = keys.first().ok_or("no keys")?.beside();
    let (credentials, time) = (credentials(&keys)?, keys.number("fixed_unix_time")?);
    for (number, request) in case.cases("requests")?.iter().enumerate() {
        let recorded = Recorded::of(request)?;
        let about = |error| format!("request {number}: {error}");
        recorded.check_signature(&credentials, time).map_err(about)?;
        if recorded.is_ours() {
            let sent = recorded.sent(&credentials, time).map_err(about)?;
            recorded.check_sent(&sent).map_err(about)?;
        }
    }
    Ok(Outcome::Passed)
}

/// A request of the SDK.
struct Recorded<'c> {
    method: CosMethod,
    target: &'c str,
    /// None if it is about the bucket.
    key: Option<ObjectKey>,
    parameters: Vec<(String, String)>,
    headers: Vec<(&'c str, &'c str)>,
    body_length: usize,
    body: Option<&'c str>,
}

impl<'c> Recorded<'c> {
    fn of(request: &'c Case) -> Result<Self> {
        let target = request.text("target")?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = decoded(path)?;
        let key = path.strip_prefix('/').ok_or("a target that does not begin with a slash")?;
        let key = (!key.is_empty()).then(|| ObjectKey::exact(key)).transpose()?;
        let parameters = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').ok_or("a parameter without a value")?;
            Ok((decoded(name)?, decoded(value)?))
        });
        let headers = request.value("headers")?.as_array().ok_or("its headers are none")?;
        let headers = headers.iter().map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)));
        Ok(Self {
            method: method(request.text("method")?)?,
            target,
            key,
            parameters: parameters.collect::<Result<_>>()?,
            headers: headers.collect::<Option<_>>().ok_or("a header that is no pair")?,
            body_length: request.number("body_len")?,
            body: request.has("body_utf8").then(|| request.text("body_utf8")).transpose()?,
        })
    }

    fn header(&self, name: &str) -> Result<&'c str> {
        let found = self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        Ok(found.ok_or_else(|| format!("there is no header {name}"))?.1)
    }

    fn parameter(&self, name: &str) -> Result<&str> {
        let found = self.parameters.iter().find(|(found, _)| found == name);
        Ok(&found.ok_or_else(|| format!("there is no parameter {name}"))?.1)
    }

    fn check_signature(&self, credentials: &CosCredentials, time: u64) -> Result<()> {
        let parameters = self.parameters.iter();
        let parameters: Vec<_> =
            parameters.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // The SDK had signed before its HTTP library saw that there is no length.
        let is_late = |name: &str| name.eq_ignore_ascii_case("transfer-encoding");
        let headers = self.headers.iter().copied();
        let headers: Vec<_> = headers.filter(|(name, _)| !is_late(name)).collect();
        let request = SignRequest {
            method: self.method,
            key: self.key.as_ref(),
            parameters: &parameters,
            headers: &headers,
            time: at(time),
            good_for: Duration::from_secs(10_000),
        };
        let signed = wire::sign(&request, credentials)?;
        same("the authorization", self.header("Authorization")?, &signed.authorization)
    }

    /// Nobody asks for a part of nothing here, and what is empty is sent with its length.
    fn is_ours(&self) -> bool {
        let is_ranged_head = self.method == CosMethod::Head && self.header("Range").is_ok();
        !is_ranged_head && self.header("Transfer-Encoding").is_err()
    }

    /// Ours of the same kind.
    fn sent(&self, credentials: &CosCredentials, time: u64) -> Result<Sent> {
        let bucket = CosBucket::new("examplebucket-1250000000")?;
        let endpoint = CosEndpoint::new(bucket, "ap-beijing")?;
        let time = at(time);
        macro_rules! request {
            ($call:expr) => {
                Ok(wire::request(&$call, &endpoint, credentials, time)?)
            };
        }
        let Some(key) = self.key.clone() else {
            return request!(ListMultipartUploads::new().prefix(self.parameter("prefix")?));
        };
        let upload = self.parameter("uploadId").ok().map(UploadId::new).transpose()?;
        match (self.method, upload) {
            (CosMethod::Get, None) => match self.header("Range") {
                Ok(range) => request!(GetObject::new(key).range(range_of(range)?)),
                Err(_) => request!(GetObject::new(key)),
            },
            (CosMethod::Get, Some(upload)) => request!(ListParts::new(key, upload)),
            (CosMethod::Head, _) => request!(HeadObject::new(key)),
            (CosMethod::Delete, None) => request!(DeleteObject::new(key)),
            (CosMethod::Delete, Some(upload)) => request!(AbortMultipartUpload::new(key, upload)),
            (CosMethod::Post, None) => {
                request!(InitiateMultipartUpload::new(key).metadata(self.metadata()))
            }
            (CosMethod::Post, Some(upload)) => {
                request!(CompleteMultipartUpload::new(key, upload, self.parts()?))
            }
            (CosMethod::Put, Some(upload)) => {
                let number = PartNumber::new(self.parameter("partNumber")?.parse()?)?;
                request!(UploadPart::new(key, upload, number, vec![0; self.body_length]))
            }
            (CosMethod::Put, None) if self.header("x-cos-copy-source").is_ok() => {
                let (_, source) =
                    self.header("x-cos-copy-source")?.split_once('/').ok_or("a source")?;
                let source = CopySource::new(&endpoint, ObjectKey::exact(decoded(source)?)?)?;
                request!(CopyObject::new(source, key).replace_metadata(self.metadata()))
            }
            (CosMethod::Put, None) => {
                let body = vec![0; self.body_length];
                request!(PutObject::new(key, body).metadata(self.metadata()))
            }
            (method, _) => Err(format!("the method {method:?}").into()),
        }
    }

    fn metadata(&self) -> ObjectMetadata {
        let user = self.headers.iter();
        let user =
            user.filter_map(|(name, value)| Some((name.strip_prefix("x-cos-meta-")?, *value)));
        user.fold(ObjectMetadata::new(), |metadata, (name, value)| metadata.with_user(name, value))
    }

    /// Those that the body completes an upload of.
    fn parts(&self) -> Result<Vec<CompletedPart>> {
        let between = |text: &str, start: &str, end: &str| {
            let (_, rest) = text.split_once(start)?;
            Some(rest.split_once(end)?.0.to_owned())
        };
        let parts = self.body.ok_or("there is no body")?.split("<Part>").skip(1).map(|part| {
            let number = between(part, "<PartNumber>", "<").ok_or("no number")?;
            let tag = between(part, "<ETag>", "<").ok_or("no tag")?.replace("&quot;", "\"");
            Ok(CompletedPart::new(PartNumber::new(number.parse()?)?, ETag::new(tag)?))
        });
        parts.collect()
    }

    fn check_sent(&self, sent: &Sent) -> Result<()> {
        same("the method", self.method.name(), sent.method().name())?;
        same("the target", self.target, sent.target())?;
        let theirs = self.headers.len().to_string();
        same("the number of headers", &theirs, &sent.headers().count().to_string())?;
        for (name, value) in sent.headers() {
            same(&format!("the header {name}"), self.header(name)?, value)?;
        }
        let length = sent.body().len().to_string();
        same("the length of the body", &self.body_length.to_string(), &length)?;
        match self.body {
            Some(body) => same("the body", body, &String::from_utf8(sent.body())?),
            None => Ok(()),
        }
    }
}

fn range_of(header: &str) -> Result<ByteRange> {
    let (first, last) =
        header.strip_prefix("bytes=").and_then(|range| range.split_once('-')).ok_or("no range")?;
    let (first, last): (u64, u64) = (first.parse()?, last.parse()?);
    Ok(ByteRange::of(first..last + 1)?)
}

/// Percent-encoded text. None of the vectors has a `+` for a space.
fn decoded(text: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next(), rest.next()].map(Option::unwrap_or_default);
                u8::from_str_radix(str::from_utf8(&digits)?, 16)?
            }
            byte => byte,
        });
    }
    Ok(String::from_utf8(bytes)?)
}
