//! RADOS Gateway, the S3 of Ceph.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    s3_servers::{REGION, S3Endpoint, StoredBytes, Tls},
    server::{Launch, Launched, free_ports},
    vectors::Result,
};

/// A cluster of its own, with several gateways. It ends when it is dropped, and when this process ends.
#[derive(Debug)]
pub struct CephGateway {
    /// What the launcher said.
    told: Value,
    tls: Tls,
    _launched: Launched,
}

impl CephGateway {
    /// Starts one and waits until all gateways answer.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start: with the ends of its logs.
    pub fn start() -> Result<Self> {
        let mut launch = Launch::of("ceph.py")?;
        let tls = Tls::for_launch(&launch)?;
        let [monitor, monitor_v1, http, http_strict, https] = free_ports()?;
        let configuration = json!({
            "ports": {
                "monitor": monitor,
                "monitor_v1": monitor_v1,
                "http": http,
                "http_strict": http_strict,
                "https": https,
            },
            "certificate": tls.certificate,
            "private_key": tls.private_key,
            "ca": tls.ca,
        });
        launch.command.arg(configuration.to_string());
        let told = |launched: &Launched| serde_json::from_str(&launched.last_line());
        let launched = launch
            .start(|launched| told(launched).is_ok_and(|told: Value| told.is_object()))
            .map_err(|reason| format!("Ceph {reason}"))?;
        Ok(Self { told: told(&launched)?, tls, _launched: launched })
    }

    /// With TLS.
    #[must_use]
    pub fn https(&self) -> S3Endpoint {
        S3Endpoint { ca: Some(self.tls.ca.clone()), ..self.endpoint("https") }
    }

    /// Without TLS, where keys of customers are refused: Ceph's default.
    #[must_use]
    pub fn http_strict(&self) -> S3Endpoint {
        self.endpoint("http_strict")
    }

    /// Without TLS, where keys of customers are taken.
    #[must_use]
    pub fn http_insecure(&self) -> S3Endpoint {
        self.endpoint("http")
    }

    /// The same for another user.
    #[must_use]
    pub fn for_another(&self, endpoint: S3Endpoint) -> S3Endpoint {
        S3Endpoint {
            access_key: self.told("/alt/access_key"),
            secret_key: self.told("/alt/secret_key"),
            ..endpoint
        }
    }

    /// What is stored of an object of a bucket, and of its parts and versions.
    ///
    /// # Errors
    ///
    /// If Ceph does not say.
    pub fn at_rest(&self, bucket: &str, object: &str) -> Result<Vec<StoredBytes>> {
        let about = self.ask("radosgw-admin", &["bucket", "stats", "--bucket", bucket])?;
        let about: Value = serde_json::from_slice(&about)?;
        let mark = format!("{}_", about["marker"].as_str().ok_or("a bucket without a marker")?);
        let names = String::from_utf8(self.rados(&["ls"])?)?;
        let of_bucket = names.lines().filter(|name| name.starts_with(&mark));
        let of_object = of_bucket.filter(|name| name[mark.len()..].contains(object));
        of_object.map(|name| self.stored(name)).collect()
    }

    fn stored(&self, name: &str) -> Result<StoredBytes> {
        let attributes = String::from_utf8(self.rados(&["listxattr", name])?)?;
        Ok(StoredBytes {
            name: name.to_owned(),
            bytes: self.rados(&["get", name, "-"])?,
            attributes: attributes.lines().map(str::to_owned).collect(),
        })
    }

    fn rados(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        self.ask("rados", &[&["--pool", &self.told("/pool")], arguments].concat())
    }

    /// A program of Ceph's own.
    fn ask(&self, program: &str, arguments: &[&str]) -> Result<Vec<u8>> {
        let mut command = Command::new(program);
        command.args(["--conf", &self.told("/configuration")]).args(arguments);
        let output = command.env_remove("CEPH_ARGS").output()?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)).into())
        }
    }

    fn endpoint(&self, gateway: &str) -> S3Endpoint {
        S3Endpoint {
            url: self.told(&format!("/{gateway}")),
            region: REGION.to_owned(),
            access_key: self.told("/main/access_key"),
            secret_key: self.told("/main/secret_key"),
            ca: None,
        }
    }

    fn told(&self, pointer: &str) -> String {
        let text = self.told.pointer(pointer).and_then(Value::as_str);
        text.expect("the launcher says all that it describes").to_owned()
    }
}
