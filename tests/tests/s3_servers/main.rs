//! Servers that speak S3: what our client counts on, and what it has to live with.

mod behaviour;
mod fake;
mod object_store;
mod ours;
mod policies;

use std::sync::OnceLock;

use crypto_envelope_testkit::fake::s3::FakeS3;
use crypto_envelope_tests::{
    s3_servers::{Ministack, Moto, SeaweedFs, shared},
    vectors::Result,
};

fn seaweed() -> Result<&'static SeaweedFs> {
    static SEAWEED: OnceLock<Result<SeaweedFs, String>> = OnceLock::new();
    shared(&SEAWEED, SeaweedFs::start)
}

fn ministack() -> Result<&'static Ministack> {
    static MINISTACK: OnceLock<Result<Ministack, String>> = OnceLock::new();
    shared(&MINISTACK, Ministack::start)
}

fn fake() -> Result<&'static FakeS3> {
    static FAKE: OnceLock<Result<FakeS3, String>> = OnceLock::new();
    shared(&FAKE, || Ok(FakeS3::start()?))
}

fn moto() -> Result<&'static Moto> {
    static MOTO: OnceLock<Result<Moto, String>> = OnceLock::new();
    shared(&MOTO, Moto::start)
}
