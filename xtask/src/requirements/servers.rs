//! Servers of others, from packages of Python: in one environment, since most are for several services.

use super::{Variables, venv::Venv};

/// What leads to their Python.
///
/// # Errors
///
/// Says what could not be installed.
pub(super) fn installed() -> Result<Variables, String> {
    let venv = Venv::new("servers", "tests/interop/servers/requirements.txt");
    Ok(vec![("CRYPTO_ENVELOPE_SERVERS", venv.program("python")?.into())])
}
