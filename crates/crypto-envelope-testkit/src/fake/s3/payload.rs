//! The body of a request: as it was sent, or in chunks with trailers behind, and what the request says of it.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::body::Bytes;

use super::{checksum::Algorithm, error::S3Error};
use crate::fake::{
    crypto,
    http::{Body, Request},
};

#[derive(Debug, Default)]
pub(super) struct Payload {
    pub(super) body: Body,
    /// The header, and what it says: it was compared.
    pub(super) checksum: Option<(Cow<'static, str>, String)>,
}

impl Payload {
    /// If it is the one that was meant.
    pub(super) fn of(request: &Request) -> Result<Self, S3Error> {
        let said = request.header("x-amz-content-sha256").unwrap_or_default();
        let (body, trailers) = if said.starts_with("STREAMING-") {
            let (body, trailers) = unchunked(&request.body).ok_or_else(incomplete)?;
            let length = request.header("x-amz-decoded-content-length");
            if length.is_some_and(|length| length.parse() != Ok(body.len())) {
                return Err(incomplete());
            }
            (body, trailers)
        } else {
            (Body::from(request.body.clone()), Vec::new())
        };
        if said.len() == 64 && said != crypto::hex(&crypto::sha256(&body.as_one())) {
            let message =
                "The provided 'x-amz-content-sha256' header does not match what was computed.";
            return Err(S3Error::new(400, "XAmzContentSHA256Mismatch", message));
        }
        check_md5(request, &body)?;
        let checksum = check_checksums(request, &trailers, &body)?;
        Ok(Self { body, checksum })
    }
}

/// Of `aws-chunked`: the chunks without their frames, and the trailers.
fn unchunked(sent: &Bytes) -> Option<(Body, Vec<(String, String)>)> {
    let mut body = Body::default();
    let mut at = 0;
    loop {
        let line = line_at(sent, at)?;
        at += line.len() + 2;
        // A signature of the chunk may follow.
        let length = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(length, 16).ok()?;
        if length == 0 {
            break;
        }
        let end = at.checked_add(length)?;
        if sent.get(end..end.checked_add(2)?) != Some(b"\r\n") {
            return None;
        }
        body.extend(&Body::from(sent.slice(at..end)));
        at = end + 2;
    }
    let mut trailers = Vec::new();
    while let Some(line) = line_at(sent, at).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        at += line.len() + 2;
    }
    Some((body, trailers))
}

/// Without its end.
fn line_at(sent: &[u8], at: usize) -> Option<&str> {
    let rest = sent.get(at..)?;
    let rest = rest.get(..rest.len().min(LONGEST_LINE))?;
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    std::str::from_utf8(&rest[..end]).ok()
}

fn check_md5(request: &Request, body: &Body) -> Result<(), S3Error> {
    let Some(given) = request.header("content-md5") else { return Ok(()) };
    let expected = STANDARD.decode(given).ok().filter(|hash| hash.len() == 16);
    let Some(expected) = expected else {
        let message = "The Content-MD5 you specified was invalid.";
        return Err(S3Error::new(400, "InvalidDigest", message));
    };
    if expected != crypto::md5(body) {
        let message = "The Content-MD5 you specified did not match what we received.";
        return Err(S3Error::new(400, "BadDigest", message));
    }
    Ok(())
}

/// In a header or in a trailer. The first one is kept.
fn check_checksums(
    request: &Request,
    trailers: &[(String, String)],
    body: &Body,
) -> Result<Option<(Cow<'static, str>, String)>, S3Error> {
    let mut kept = None;
    for algorithm in Algorithm::ALL {
        let name = algorithm.header();
        let mut trailers = trailers.iter();
        let trailer = trailers.find_map(|(given, value)| (given == name).then_some(value.as_str()));
        let Some(given) = request.header(name).or(trailer) else { continue };
        if given != algorithm.of(body) {
            let message =
                format!("The {algorithm} you specified did not match the calculated checksum.");
            return Err(S3Error::new(400, "BadDigest", message));
        }
        kept = kept.or(Some((Cow::Borrowed(name), given.to_owned())));
    }
    Ok(kept)
}

fn incomplete() -> S3Error {
    let message =
        "You did not provide the number of bytes specified by the Content-Length HTTP header";
    S3Error::new(400, "IncompleteBody", message)
}

/// Of the head of a chunk, or a trailer.
const LONGEST_LINE: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together() {
        let sent = b"5;chunk-signature=00\r\nhello\r\n6\r\n world\r\n0\r\nX-Amz-Checksum-CRC32: DUoRhQ==\r\n\r\n";
        let (body, trailers) = unchunked(&Bytes::from_static(sent)).unwrap();
        assert_eq!(*body.as_one(), *b"hello world");
        assert_eq!(trailers, [("x-amz-checksum-crc32".to_owned(), "DUoRhQ==".to_owned())]);
        let (body, trailers) = unchunked(&Bytes::from_static(b"0\r\n\r\n")).unwrap();
        assert_eq!((body.len(), trailers.len()), (0, 0));
    }

    #[test]
    fn what_is_not_in_chunks_is_refused() {
        for sent in [
            &b""[..],
            b"5",
            b"5\r\nhell",
            b"5\r\nhello",
            b"5\r\nhello\r\n",
            b"5\r\nhello!\r\n0\r\n\r\n",
            b"-1\r\n\r\n",
            b"zz\r\n\r\n",
            b"ffffffffffffffff\r\nx\r\n0\r\n\r\n",
            b"0\r\nno trailer\r\n\r\n",
            b"\xff\r\n\r\n",
        ] {
            assert!(unchunked(&Bytes::copy_from_slice(sent)).is_none(), "{sent:?}");
        }
    }

    #[test]
    fn bodies_are_compared_with_what_is_said() {
        let payload = |headers: &[(&str, &str)], body: &'static [u8]| {
            let headers = headers.iter();
            let headers = headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let body = Bytes::from_static(body);
            Payload::of(&Request { headers: headers.collect(), body, ..Request::default() })
        };
        let streaming = ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
        for (headers, body, code) in [
            (&[("content-md5", "XrY7u+Ae7tCTyyK7j1rNww==")][..], &b"hello world"[..], None),
            (&[("content-md5", "XrY7u+Ae7tCTyyK7j1rNww==")], b"hello", Some("BadDigest")),
            (&[("content-md5", "AAAA")], b"hello", Some("InvalidDigest")),
            (&[("x-amz-checksum-crc32", "DUoRhQ==")], b"hello world", None),
            (&[("x-amz-checksum-crc32", "AAAAAA==")], b"hello world", Some("BadDigest")),
            (
                &[streaming],
                b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32: AAAAAA==\r\n\r\n",
                Some("BadDigest"),
            ),
            (
                &[streaming, ("x-amz-decoded-content-length", "6")],
                b"5\r\nhello\r\n0\r\n\r\n",
                Some("IncompleteBody"),
            ),
            (&[streaming], b"hello", Some("IncompleteBody")),
            (
                &[(
                    "x-amz-content-sha256",
                    "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
                )],
                b"hello",
                Some("XAmzContentSHA256Mismatch"),
            ),
        ] {
            let found = payload(headers, body).err().map(|error| error.code);
            assert_eq!(found, code, "{headers:?}");
        }
    }
}
