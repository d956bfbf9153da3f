//! What the AWS SDK and we tell by `tracing`, all threads, every level: no secret. A program of its own, since
//! it listens to everything in the process.

mod aws_kms;
mod s3_sse_c;

use crypto_envelope_tests::{heard::Heard, vectors::Result};

/// One after the other: each looks at all that was told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_logged() -> Result<()> {
    let heard = Heard::default();
    tracing::subscriber::set_global_default(heard.clone())?;
    aws_kms::tells_no_data_key(&heard).await?;
    s3_sse_c::tells_no_customer_key(&heard).await
}
