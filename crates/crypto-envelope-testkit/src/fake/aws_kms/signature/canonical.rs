//! A request as it is signed: the same bytes, however it was written on the way.

use crate::fake::{aws_kms::material, http::Request};

/// The canonical request, with these headers of it.
pub(super) fn request(request: &Request, signed_headers: &[String]) -> String {
    let header = |name: &String| format!("{name}:{}\n", header(request, name));
    let headers = signed_headers.iter().map(header).collect::<String>();
    let body = material::hex(&material::sha256(&request.body));
    let path = path(&request.path);
    let query = query(&request.query);
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
            named => segments.push(encode(named.as_bytes())),
        }
    }
    let ends_with_slash =
        !segments.is_empty() && ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    "/".to_owned() + &segments.join("/") + if ends_with_slash { "/" } else { "" }
}

/// The pairs in order, each of their parts encoded once.
fn query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(&decode(name)), encode(&decode(value))))
        .collect::<Vec<_>>();
    pairs.sort();
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

fn encode(bytes: &[u8]) -> String {
    let encoded = bytes.iter().map(|byte| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// A percent sign without two digits is one that nobody encoded.
fn decode(text: &str) -> Vec<u8> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|two| two.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if let Some(byte) = digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            bytes.push(byte);
            bytes.extend(&part.as_bytes()[2..]);
        } else {
            bytes.push(b'%');
            bytes.extend(part.as_bytes());
        }
    }
    bytes
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

    #[test]
    fn queries_are_sorted_and_encoded_once() {
        for (given, expected) in [
            ("", ""),
            ("b&a=2&a=1", "a=1&a=2&b="),
            ("a=%2f&%61=b=c", "a=%2F&a=b%3Dc"),
            ("a=%&b=%zz&c=%4é", "a=%25&b=%25zz&c=%254%C3%A9"),
        ] {
            assert_eq!(query(given), expected, "{given}");
        }
    }
}
