#![doc = include_str!("../README.md")]

mod retry;
mod settings;
mod time;
mod transport;

pub use self::settings::AlibabaKmsSettings;
