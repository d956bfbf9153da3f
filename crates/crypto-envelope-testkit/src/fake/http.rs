//! The HTTP/1.1 server under every fake, and the faults that it can have.

mod answer;
mod body;
pub(crate) mod conditions;
mod connection;
mod fault;
mod message;
mod parameters;
pub(crate) mod percent;
pub(crate) mod range;
mod rewound;
mod server;

pub use self::fault::Fault;
pub(crate) use self::{
    body::Body,
    message::{Request, Response, Service},
    parameters::Parameters,
    server::{Server, Transport},
};
