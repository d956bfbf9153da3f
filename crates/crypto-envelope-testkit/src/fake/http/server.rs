//! A thread with a runtime and a listener.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{net::TcpStream, runtime, sync::oneshot, time};

use super::{
    connection,
    fault::{Fault, Faults},
    message::Service,
};

/// How the bytes of a connection go.
#[derive(Clone)]
pub(crate) enum Transport {
    Clear,
    #[cfg(feature = "fake-tls")]
    Tls(tokio_rustls::TlsAcceptor),
}

/// A running server. It ends when it is dropped.
pub(crate) struct Server {
    scheme: &'static str,
    address: SocketAddr,
    faults: Arc<Faults>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on 127.0.0.1, in clear; port 0 is any free one.
    pub(crate) fn start(port: u16, service: Arc<dyn Service>) -> io::Result<Self> {
        Self::start_over(Transport::Clear, port, service)
    }

    /// As [`start`](Self::start), but in clear or not.
    pub(crate) fn start_over(
        transport: Transport,
        port: u16,
        service: Arc<dyn Service>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // It can fail, so it is built here and not on the thread.
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let faults = Arc::new(Faults::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let scheme = transport.scheme();
        let accepting = accept(listener, transport, service, Arc::clone(&faults));
        let thread = thread::Builder::new().name("fake".to_owned()).spawn(move || {
            runtime.spawn(accepting);
            // Nothing is ever sent: it ends when the sender is dropped. Open connections end with
            // the runtime.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Self { scheme, address, faults, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.faults.add(fault);
    }

    pub(crate) fn clear_faults(&self) {
        self.faults.clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed already.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Transport {
    fn scheme(&self) -> &'static str {
        match self {
            Self::Clear => "http",
            #[cfg(feature = "fake-tls")]
            Self::Tls(_) => "https",
        }
    }

    async fn serve(self, stream: TcpStream, service: Arc<dyn Service>, faults: Arc<Faults>) {
        match self {
            Self::Clear => connection::serve(stream, service, faults).await,
            #[cfg(feature = "fake-tls")]
            Self::Tls(acceptor) => {
                // Who does not trust the certificate goes away.
                if let Ok(stream) = acceptor.accept(stream).await {
                    connection::serve(stream, service, faults).await;
                }
            }
        }
    }
}

async fn accept(
    listener: tokio::net::TcpListener,
    transport: Transport,
    service: Arc<dyn Service>,
    faults: Arc<Faults>,
) {
    loop {
        // What fails here is one connection, or all descriptors are taken for now.
        if let Ok((stream, _)) = listener.accept().await {
            // Slow answers if it fails, and no harm.
            let _ = stream.set_nodelay(true);
            let transport = transport.clone();
            tokio::spawn(transport.serve(stream, Arc::clone(&service), Arc::clone(&faults)));
        } else {
            time::sleep(Duration::from_millis(10)).await;
        }
    }
}
