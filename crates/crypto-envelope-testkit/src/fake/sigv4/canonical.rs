//! A request as it is signed: the same bytes, however it was written on the way.

use crate::fake::{
    crypto,
    http::{Request, percent},
};

/// The canonical request, with these headers of it.
pub(super) fn request(request: &Request, signed_headers: &[String]) -> String {
    let header = |name: &String| format!("{name}:{}\n", header(request, name));
    let headers = signed_headers.iter().map(header).collect::<String>();
    let body = crypto::hex(&crypto::sha256(&request.body));
    let path = path(&request.path);
    let query = percent::sorted_query(&request.query);
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
    }
}
