#![doc = include_str!("../README.md")]

mod answer;
mod api_key;
mod body;
mod no_answer;
mod opened;
mod patience;
mod request;
mod retry;
mod settings;
pub mod time;
mod transport;

pub use self::{
    answer::{Answer, Head},
    api_key::{ApiKey, ApiKeyNames},
    body::Body,
    no_answer::{NoAnswer, NoAnswerKind},
    opened::OpenedAnswer,
    request::{Method, Request},
    settings::HttpSettings,
    transport::{Outcome, Transport},
};

#[cfg(test)]
mod test_calls;
