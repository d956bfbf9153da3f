//! A thread with a runtime and a listener.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{runtime, sync::oneshot, time};

use super::{
    connection,
    fault::{Fault, Faults},
    message::Service,
};

/// A running server. It ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    faults: Arc<Faults>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on 127.0.0.1; port 0 is any free one.
    pub(crate) fn start(port: u16, service: Arc<dyn Service>) -> io::Result<Self> {
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
        let accepting = accept(listener, service, Arc::clone(&faults));
        let thread = thread::Builder::new().name("fake".to_owned()).spawn(move || {
            runtime.spawn(accepting);
            // Nothing is ever sent: it ends when the sender is dropped. Open connections end with
            // the runtime.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Self { address, faults, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
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

async fn accept(listener: tokio::net::TcpListener, service: Arc<dyn Service>, faults: Arc<Faults>) {
    loop {
        // What fails here is one connection, or all descriptors are taken for now.
        if let Ok((stream, _)) = listener.accept().await {
            let exchange = connection::serve(stream, Arc::clone(&service), Arc::clone(&faults));
            tokio::spawn(exchange);
        } else {
            time::sleep(Duration::from_millis(10)).await;
        }
    }
}
