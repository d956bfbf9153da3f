//! Fake clouds as a program.

fn main() {}
