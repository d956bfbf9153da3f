//! Runs all vectors of a directory in the format of `tests/vectors/alibaba`: `alibaba-vectors [DIR]`, by
//! default those of this repository. Says what passed by file, and every mismatch.

use std::process::ExitCode;

use crypto_envelope_tests::{alibaba_vectors::VECTORS, vectors::Result};

fn main() -> Result<ExitCode> {
    VECTORS.main()
}
