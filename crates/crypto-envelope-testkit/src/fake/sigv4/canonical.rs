//! A request as it is signed: the same bytes, however it was written on the way.

use crate::fake::{
    crypto,
    http::{Request, percent},
};

/// Of what services make a canonical request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// What most do.
    Common,
    /// What S3 does: it takes paths as they are, and the word of the client for the hash of the body.
    S3,
}

/// The canonical request, with these headers of it.
pub(super) fn request(request: &Request, signed_headers: &[String], dialect: Dialect) -> String {
    let header = |name: &String| format!("{name}:{}\n", header(request, name));
    let headers = signed_headers.iter().map(header).collect::<String>();
    let (path, body) = match dialect {
        Dialect::Common => (path(&request.path), crypto::hex(&crypto::sha256(&request.body))),
        Dialect::S3 => {
            let said = request.header("x-amz-content-sha256").unwrap_or("UNSIGNED-PAYLOAD");
            (path_as_it_is(&request.path), said.to_owned())
        }
    };
    let pairs = request.query.split('&');
    // That of a presigned URL is not signed itself.
    let pairs = pairs.filter(|pair| !pair.starts_with("X-Amz-Signature="));
    let query = percent::sorted_query(&pairs.collect::<Vec<_>>().join("&"));
    [&request.method, &path, &query, &headers, &signed_headers.join(";"), &body]
        .map(String::as_str)
        .join("\n")
}

/// All values of a header, each without the spaces that mean nothing.
fn header(request: &Request, name: &str) -> String {
    let trimmed = |value: &str| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    request.values(name).map(trimmed).collect::<Vec<_>>().join(",")
}

/// Without empty and dotted segments. What was encoded on the way is encoded once more.
fn path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            named => segments.push(percent::encode(named.as_bytes())),
        }
    }
    let ends_with_slash =
        !segments.is_empty() && ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    "/".to_owned() + &segments.join("/") + if ends_with_slash { "/" } else { "" }
}

/// Each segment encoded once.
fn path_as_it_is(path: &str) -> String {
    let segments = path.split('/').map(|segment| percent::encode(&percent::decode(segment)));
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_put_in_order_and_encoded() {
        for (given, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/..", "/"),
            ("/a/..", "/"),
            ("/a/../b/", "/b/"),
            ("/a/.", "/a/"),
            ("/a/b/..", "/a/"),
            ("/test/@connections/JBDv%3D", "/test/%40connections/JBDv%253D"),
        ] {
            assert_eq!(path(given), expected, "{given}");
        }
        for (given, expected) in [
            ("/", "/"),
            ("/bucket//a/../b/", "/bucket//a/../b/"),
            ("/bucket/a%2fb c+%C3%BC", "/bucket/a%2Fb%20c%2B%C3%BC"),
        ] {
            assert_eq!(path_as_it_is(given), expected, "{given}");
        }
    }
}
