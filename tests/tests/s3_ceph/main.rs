//! Ceph's gateway for S3: what our client counts on, and what it has to live with.

mod behaviour;
mod gateways;
mod object_store;
mod ours;
mod policies;

use std::sync::OnceLock;

use crypto_envelope_tests::{
    s3_servers::{CephGateway, shared},
    vectors::Result,
};

fn ceph() -> Result<&'static CephGateway> {
    static CEPH: OnceLock<Result<CephGateway, String>> = OnceLock::new();
    shared(&CEPH, CephGateway::start)
}
