//! The command line as people and scripts use it: the real program in an empty folder.

mod files;
mod interrupt;
mod key_files;
mod local_keys;
mod messages;
mod sandbox;
mod streams;
mod terminal;
