//! Ceph's gateway for S3, as boto3 sees it: what our client counts on, and what it has to live with.

use crypto_envelope_tests::{
    s3_servers::{CephGateway, S3Client},
    vectors::Result,
};
use serde_json::json;

#[test]
fn every_gateway_answers_every_user() -> Result<()> {
    let ceph = CephGateway::start()?;
    for endpoint in [ceph.https(), ceph.http_insecure(), ceph.http_strict()] {
        for endpoint in [ceph.for_another(endpoint.clone()), endpoint] {
            let answer = S3Client::start(&endpoint)?.ask(&json!({"call": "list_buckets"}))?;
            assert_eq!(answer.status, 200, "{endpoint:?}: {answer:?}");
        }
    }
    Ok(())
}
