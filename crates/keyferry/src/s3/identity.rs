//! What tells an object from all others.

use std::{env, time::Duration};

use crypto_envelope_s3_sse_c::{
    SseCClient,
    aws_sdk_s3::{Client, config::Credentials, presigning::PresigningConfig},
};

use super::{Object, read};
use crate::{args::S3Way, failure::Failure};

/// On which server it is, as whom it is asked for, and its name. Nothing is called.
pub(super) fn identity_of(object: &Object, way: &S3Way) -> Result<[String; 5], Failure> {
    let client = object.client.clone();
    let region = client.s3().config().region().map(ToString::to_string);
    let place = object.place();
    let url = read(async move { Ok(url_of(&client, place.bucket(), place.key()).await) })?;
    // To others the same name may be another bucket.
    let profile = way.s3_profile.clone().or_else(|| env::var("AWS_PROFILE").ok());
    let [url, region, profile] = [url, region, profile].map(Option::unwrap_or_default);
    Ok(["s3".to_owned(), url, region, profile, object.name()])
}

/// Where the client would ask for it, whoever says that: an option, the environment or a profile. None if nobody
/// does; then no call is made either, which says why.
async fn url_of(client: &SseCClient, bucket: &str, key: &str) -> Option<String> {
    // The client does not tell its endpoint, but it signs for it, here and for nobody.
    let nobody = Credentials::new("nobody", "nothing", None, None, "nobody");
    let config = client.s3().config().to_builder();
    let config = config.credentials_provider(nobody).disable_s3_express_session_auth(true);
    let request = Client::from_conf(config.build()).get_object().bucket(bucket).key(key);
    let soon = PresigningConfig::expires_in(Duration::from_secs(1)).ok()?;
    let signed = request.presigned(soon).await.ok()?;
    signed.uri().split('?').next().map(str::to_owned)
}
