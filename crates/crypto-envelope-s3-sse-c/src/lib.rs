#![doc = include_str!("../README.md")]

mod customer_key;
mod headers;

pub use self::{
    customer_key::{CustomerKeyDigest, SseCustomerKey},
    headers::{CustomerKeyHeaders, HeaderFamily, KeyRole},
};
