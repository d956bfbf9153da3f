//! The HTTP/1.1 server under every fake, and the faults that it can have.

mod answer;
mod body;
mod connection;
mod fault;
mod message;
pub(crate) mod percent;
mod rewound;
mod server;

pub use self::fault::Fault;
pub(crate) use self::{
    body::Body,
    message::{Request, Response, Service},
    server::{Server, Transport},
};
