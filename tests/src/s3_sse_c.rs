//! Our client for customer keys on servers of others: what has to come out alike on all of them.

mod copies;
mod hostile;
mod objects;
mod presigned;
mod rings;
mod uploads;
mod world;

pub use self::world::{Bucket, World, kind_of, rejected};
