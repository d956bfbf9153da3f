//! Runs all vectors of a directory in the format of `tests/vectors/tencent-cos`: `cos-vectors [DIR]`, by
//! default those of this repository. Says what passed by file, and every mismatch.

use std::process::ExitCode;

use crypto_envelope_tests::{cos_vectors::VECTORS, vectors::Result};

fn main() -> Result<ExitCode> {
    VECTORS.main()
}
