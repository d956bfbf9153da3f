//! Servers that speak S3, as boto3 sees them: what our client counts on, and what it has to live with.

use crypto_envelope_tests::{
    s3_servers::{Ministack, Moto, S3Client, SeaweedFs},
    vectors::Result,
};
use serde_json::json;

#[test]
fn every_server_answers() -> Result<()> {
    let (seaweed, moto, ministack) = (SeaweedFs::start()?, Moto::start()?, Ministack::start()?);
    for endpoint in [
        seaweed.https(),
        seaweed.http_insecure(),
        seaweed.for_another(seaweed.https()),
        moto.http_insecure(),
        ministack.http_insecure(),
    ] {
        let answer = S3Client::start(&endpoint)?.ask(&json!({"call": "list_buckets"}))?;
        assert_eq!(answer.status, 200, "{endpoint:?}: {answer:?}");
    }
    Ok(())
}
