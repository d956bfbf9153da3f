#![doc = include_str!("../README.md")]

mod answer;
pub mod echo;
mod no_answer;
pub mod percent;
mod request;
mod retry;
mod settings;
pub mod time;
mod transport;

pub use self::{
    answer::Answer,
    no_answer::{NoAnswer, NoAnswerKind},
    request::{Method, Request},
    settings::HttpSettings,
    transport::{Outcome, Transport},
};
