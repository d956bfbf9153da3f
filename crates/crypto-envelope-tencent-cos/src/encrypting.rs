//! Objects that are encrypted before they leave and decrypted when they come, and files and streams as they are.

mod as_it_is;
mod begun;
mod builder;
mod cipher;
mod cipher_again;
mod client;
mod download_file;
mod download_plan;
mod download_record;
mod download_source;
mod downloaded;
mod file;
mod flight;
mod get;
mod message_source;
mod object;
mod open_upload;
mod part_source;
mod put;
mod request;
mod storing;
mod stream;
mod transfer;
mod upload;
mod upload_file;
mod upload_plan;
mod upload_record;
mod watched;

pub use self::{
    builder::CosEncryptingClientBuilder,
    client::CosEncryptingClient,
    downloaded::ReadObject,
    object::DecryptedObject,
    put::WrittenObject,
    request::{DecryptObject, EncryptObject, StoreObject},
    transfer::{FileTransfer, Progress},
    upload::EncryptedUpload,
};

#[cfg(feature = "wire")]
pub(crate) use self::{
    download_record::described as read_download_record,
    upload_record::described as read_upload_record,
};
