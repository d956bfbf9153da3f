//! The store as its callers see it, over memory and files.

mod attacks;
mod attributes;
mod concurrency;
mod copies;
mod expectations;
mod headers;
mod listing;
mod ranges;
mod suite;
mod support;
mod unencrypted;
mod uploads;
mod watched;
