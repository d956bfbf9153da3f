//! Our client on Moto, which takes no notice of customer keys.

use crypto_envelope_tests::{on_s3, s3_sse_c::World, vectors::Result};

fn world() -> Result<World> {
    World::new(crate::moto()?.http_insecure())
}

on_s3! { world: is_never_believed gives_back_older_versions }
