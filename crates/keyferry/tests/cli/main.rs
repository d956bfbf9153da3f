//! The command line as people and scripts use it: the real program in an empty folder.

mod base64;
mod cases;
mod files;
mod interrupt;
mod key_files;
mod keys;
mod local_keys;
mod many;
mod messages;
mod policy;
mod ranges;
mod sandbox;
mod streams;
mod terminal;
