//! What is sent, stored and answered, byte for byte, for those who check it (feature `wire`). No promises
//! about it.

mod answer;
mod object;
mod record;
mod request;

pub use self::{
    answer::{ANSWERS, answer},
    object::{Opened, Sealed},
    record::{download_record, upload_record},
    request::{Sent, SignRequest, SignedRequest, presign, request, sign},
};
