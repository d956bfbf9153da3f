//! What holds for every input.

use crypto_envelope::SecretBytes;
use proptest::prelude::*;

use crate::{
    ByteRange, ContentRange, CosBucket, CosEndpoint, Crc64, GetObject, ListMultipartUploads,
    ListObjects, ListParts, ObjectKey, ObjectMetadata, UploadId,
    answer::Head,
    calls::{self, Exchange},
    percent,
    request::Headers,
};

fn bucket() -> CosBucket {
    CosBucket::new("examplebucket-1250000000").expect("a bucket")
}

/// A list with pieces that make sense, alone or not.
fn list() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<Part>",
        "</Part>",
        "<Contents>",
        "</Contents>",
        "<Upload>",
        "</Upload>",
        "<Key>",
        "</Key>",
        "a%20b",
        "%",
        "<Size>",
        "</Size>",
        "18446744073709551615",
        "<ETag>\"abc\"</ETag>",
        "<PartNumber>1</PartNumber>",
        "<IsTruncated>true</IsTruncated>",
        "<IsTruncated>false</IsTruncated>",
        "<NextMarker>a</NextMarker>",
        "<UploadId>u</UploadId>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "&amp;",
        "&#0;",
        "&x;",
        "<CommonPrefixes/>",
    ]);
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_path_means_its_key_and_has_no_dots(key in "([./a% \u{e9}]|.){1,20}") {
        if let Ok(key) = ObjectKey::exact(key) {
            let path = key.url_path();
            prop_assert_eq!(percent::decode(&path), Some(key.signed_path()));
            prop_assert!(path.is_ascii() && !path.contains(|c: char| c.is_whitespace() || "?#\\".contains(c)));
            prop_assert!(path.split('/').all(|segment| segment != "." && segment != ".."));
        }
    }

    #[test]
    fn hosts_have_nothing_that_ends_them(text in ".{0,30}") {
        if let Ok(bucket) = CosBucket::new(text.clone()) {
            prop_assert_eq!(bucket.name(), &text);
        }
        for endpoint in [CosEndpoint::new(bucket(), &text), CosEndpoint::custom(bucket(), &text)].into_iter().flatten() {
            let url = endpoint.url();
            let host = url.strip_prefix("https://").or(url.strip_prefix("http://")).expect("a scheme");
            prop_assert!(host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte)), "{}", host);
        }
    }

    #[test]
    fn checksums_do_not_depend_on_where_bytes_are_cut(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        cuts in prop::collection::vec(0..600_usize, 0..5),
    ) {
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut sum = Crc64::new();
        for cut in cuts.windows(2) {
            sum.append(&Crc64::of(&bytes[cut[0]..cut[1]]));
        }
        prop_assert_eq!(sum.value(), Crc64::of(&bytes).value());
    }

    #[test]
    fn ranges_that_answer_are_within_what_was_asked(
        first in any::<u64>(), length in 1..1000_u64, text in "bytes [0-9]{1,20}-[0-9]{1,20}/[0-9]{1,20}",
    ) {
        if let Ok(answer) = ContentRange::read(&text) {
            prop_assert!(answer.range().end <= answer.total());
            let asked = ByteRange::of(first..first.saturating_add(length));
            prop_assert!(!asked.is_ok_and(|asked| asked.is_answered_by(answer)) || answer.range().start == first);
        }
    }

    #[test]
    fn metadata_comes_back_or_is_refused(name in "[a-zA-Z0-9_ -]{0,10}", value in "([ -~]|.){0,20}") {
        let metadata = ObjectMetadata::new().with_user(&name, value.clone());
        let mut headers = Headers::default();
        if metadata.push_to(&mut headers).is_ok() {
            let head = Head::new(200, headers.iter().map(|(name, value)| (name, value.as_bytes())));
            prop_assert_eq!(ObjectMetadata::of(&head), metadata);
        }
    }

    #[test]
    fn no_answer_is_a_panic(status in 100..600_u16, bytes in prop::collection::vec(any::<u8>(), 0..200), text in list()) {
        let key = || ObjectKey::exact("a").expect("a key");
        let parts = ListParts::new(key(), UploadId::new("u").expect("an id"));
        for body in [
            bytes.clone(),
            format!("<Error>{text}</Error>").into(),
            format!("<ListPartsResult>{text}</ListPartsResult>").into(),
            format!("<ListBucketResult>{text}</ListBucketResult>").into(),
            format!("<ListMultipartUploadsResult>{text}</ListMultipartUploadsResult>").into(),
        ] {
            let head = Head::new(status, [("etag", &bytes[..]), ("content-range", text.as_bytes())]);
            read(&parts, &head, &body);
            read(&ListObjects::new(), &head, &body);
            read(&ListMultipartUploads::new(), &head, &body);
            read(&GetObject::new(key()), &head, &body);
        }
    }
}

fn read(call: &impl Exchange, head: &Head, body: &[u8]) {
    let secrets = [SecretBytes::from(&b"secret"[..])];
    if let Err(error) = calls::read_answer(call, &bucket(), head, body, &secrets) {
        assert!(!error.to_string().contains(|c: char| c.is_control()));
    }
}
