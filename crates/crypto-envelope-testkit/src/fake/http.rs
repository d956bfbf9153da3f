//! The HTTP/1.1 server under every fake, and the faults that it can have.

mod body;
mod connection;
mod fault;
mod message;
pub(crate) mod percent;
mod server;

pub use self::fault::Fault;
pub(crate) use self::{
    message::{Request, Response, Service},
    server::{Server, Transport},
};
