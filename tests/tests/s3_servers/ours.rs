//! Our client on these servers.

mod ministack;
mod moto;
mod seaweed;
