//! What a fake starts with.

use std::{io, path::PathBuf, sync::Arc};

use super::{
    AccessKey, FakeTencentCos,
    service::CosService,
    store::Store,
    terms::{CustomerKeys, Signatures, Terms},
};
use crate::fake::{
    crypto,
    http::{Server, Transport},
    log::{Log, Memory},
    tls::Ca,
};

/// Starts a [`FakeTencentCos`] that is not the usual one.
#[derive(Clone, Debug, Default)]
pub struct FakeTencentCosBuilder {
    port: u16,
    log_file: Option<PathBuf>,
    memory: Memory,
    bucket: Option<(String, String)>,
    access_keys: Vec<AccessKey>,
    terms: Terms,
    security: Security,
}

#[derive(Clone, Copy, Debug, Default)]
enum Security {
    #[default]
    Clear,
    Tls,
}

impl FakeTencentCosBuilder {
    /// Listens on this port instead of any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Writes the log into a file as well, one object of JSON a line.
    #[must_use]
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.log_file = Some(path.into());
        self
    }

    /// Keeps no call in memory: [`calls`](FakeTencentCos::calls) are none, and a fake that runs for
    /// long does not grow with them. A [`log_file`](Self::log_file) has them all the same.
    #[must_use]
    pub fn forget_calls(mut self) -> Self {
        self.memory = Memory::Forgets;
        self
    }

    /// Begins with this bucket (`NAME-APPID`) in this region instead of the usual one. More of them by
    /// [`add_bucket`](FakeTencentCos::add_bucket).
    #[must_use]
    pub fn bucket(mut self, name: impl Into<String>, region: impl Into<String>) -> Self {
        self.bucket = Some((name.into(), region.into()));
        self
    }

    /// Lets this access key in, instead of a random one.
    #[must_use]
    pub fn access_key(mut self, key: AccessKey) -> Self {
        self.access_keys.push(key);
        self
    }

    /// Takes a host for a bucket, as a domain of a user's own, or `127.0.0.1` for clients that cannot
    /// send another host than the one that they connect to. With or without TLS, the port does not count.
    #[must_use]
    pub fn custom_domain(mut self, host: impl Into<String>, bucket: impl Into<String>) -> Self {
        self.terms.domains.insert(host.into().to_ascii_lowercase(), bucket.into());
        self
    }

    /// How many bytes every part of an upload but the last has at least, instead of 1 MiB.
    #[must_use]
    pub fn smallest_part(mut self, bytes: usize) -> Self {
        self.terms.smallest_part = bytes;
        self
    }

    /// Takes keys of customers (SSE-C) without TLS too, which COS refuses.
    #[must_use]
    pub fn insecure_customer_keys(mut self) -> Self {
        self.terms.customer_keys = CustomerKeys::InClear;
        self
    }

    /// Wants all parameters to be signed, and all headers that say what is to be done.
    #[must_use]
    pub fn strict_signatures(mut self) -> Self {
        self.terms.signatures = Signatures::Strict;
        self
    }

    /// Speaks TLS, with a certificate for 127.0.0.1 and for the hosts of its first bucket, from a CA of
    /// its own: see [`ca_pem`](FakeTencentCos::ca_pem).
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.security = Security::Tls;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// If the port is taken, the log file cannot be created, or there is no thread to have.
    pub fn start(mut self) -> io::Result<FakeTencentCos> {
        let log = Log::new(self.memory, self.log_file.as_deref())?;
        let usual = || (BUCKET.to_owned(), REGION.to_owned());
        let (bucket, region) = self.bucket.unwrap_or_else(usual);
        if self.access_keys.is_empty() {
            let id = format!("AKID{}", crypto::hex(&crypto::random::<16>()));
            self.access_keys.push(AccessKey::new(id, crypto::hex(&crypto::random::<16>())));
        }
        let access_key = self.access_keys[0].clone();
        let mut store = Store::new(self.access_keys);
        store.add_bucket(&bucket, &region);
        let host = format!("{bucket}.cos.{region}.myqcloud.com");
        let (transport, ca_pem) = match self.security {
            Security::Clear => (Transport::Clear, None),
            Security::Tls => {
                let ca = Ca::generate()?;
                self.terms.customer_keys = CustomerKeys::InClear;
                let other = format!("{bucket}.cos.{region}.tencentcos.cn");
                let names = ["127.0.0.1", "localhost", &host, &other];
                (Transport::Tls(ca.acceptor_for(&names)?), Some(ca.certificate_pem))
            }
        };
        let service = Arc::new(CosService::new(store, self.terms, log));
        let shared = Arc::<CosService>::clone(&service);
        let server = Server::start_over(transport, self.port, shared)?;
        Ok(FakeTencentCos { server, service, bucket, region, access_key, ca_pem })
    }
}

const BUCKET: &str = "examplebucket-1250000000";
const REGION: &str = "ap-beijing";
