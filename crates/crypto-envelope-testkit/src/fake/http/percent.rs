//! Percent-encoding, as signatures want it.

/// A query with its pairs in order, each of their parts encoded once. As in forms, a plus sign is a space.
pub(crate) fn sorted_query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let plain = |text: &str| encode(&decode(&text.replace('+', " ")));
    let mut pairs = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect::<Vec<_>>();
    pairs.sort();
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

/// All bytes that RFC 3986 reserves, or knows nothing of, as a percent sign and two digits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let encoded = bytes.iter().map(|byte| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// A percent sign without two digits is one that nobody encoded.
pub(crate) fn decode(text: &str) -> Vec<u8> {
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
    fn queries_are_sorted_and_encoded_once() {
        for (given, expected) in [
            ("", ""),
            ("b&a=2&a=1", "a=1&a=2&b="),
            ("a=%2f&%61=b=c", "a=%2F&a=b%3Dc"),
            ("a=b+c%2b", "a=b%20c%2B"),
            ("a=%&b=%zz&c=%4é", "a=%25&b=%25zz&c=%254%C3%A9"),
        ] {
            assert_eq!(sorted_query(given), expected, "{given}");
        }
    }
}
