//! Google Cloud Storage, as a script of ours has it: those of others lack conditions, attributes or uploads in parts.

use std::{
    net::{Ipv4Addr, TcpStream},
    sync::atomic::{AtomicUsize, Ordering},
};

use object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder};
use serde_json::json;

use super::http_allowed;
use crate::{
    peer::script,
    server::{Launch, Launched, free_ports, installed},
    vectors::Result,
};

/// What `interop/servers/gcs.py` serves. It ends when it is dropped, and when this process ends.
#[derive(Debug)]
pub struct Gcs {
    port: u16,
    buckets: AtomicUsize,
    _launched: Launched,
}

impl Gcs {
    /// Starts one and waits until it listens.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start: with the end of its log.
    pub fn start() -> Result<Self> {
        let [port] = free_ports()?;
        let mut launch = Launch::of("serve.py")?;
        launch.command.arg(installed("python")?).arg(script("servers/gcs.py"));
        launch.command.arg(port.to_string());
        let is_ready = |_: &Launched| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        let launched = launch.start(is_ready).map_err(|reason| format!("gcs.py {reason}"))?;
        Ok(Self { port, buckets: AtomicUsize::new(0), _launched: launched })
    }

    /// A new bucket.
    ///
    /// # Errors
    ///
    /// If the client refuses the configuration.
    pub fn bucket(&self) -> Result<GoogleCloudStorage> {
        let number = self.buckets.fetch_add(1, Ordering::Relaxed);
        let account = json!({
            "gcs_base_url": format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.port),
            "disable_oauth": true,
            "client_email": "",
            "private_key": "",
            "private_key_id": "",
        });
        let builder = GoogleCloudStorageBuilder::new()
            .with_service_account_key(account.to_string())
            .with_bucket_name(format!("bucket-{number}"))
            .with_client_options(http_allowed());
        Ok(builder.build()?)
    }
}
