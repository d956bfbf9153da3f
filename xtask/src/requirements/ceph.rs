//! The Ceph of the system.

use crate::{debian, shell};

/// Makes sure that the programs of a small cluster are there.
///
/// # Errors
///
/// Says what is missing, and what to do about it.
pub(super) fn require() -> Result<(), String> {
    if let Err(reason) = find() {
        println!("{reason}");
        debian::install(PACKAGES).map_err(|reason| {
            format!(
                "{reason}: as root, `apt-get install --no-install-recommends {PACKAGES}` does it, \
                 and `--without ceph` goes on without"
            )
        })?;
        find().map_err(|reason| format!("installed {PACKAGES}, but {reason}"))?;
    }
    Ok(())
}

fn find() -> Result<(), String> {
    PROGRAMS
        .iter()
        .try_for_each(|program| shell::output(shell::command(program).arg("--version")).map(drop))
}

const PROGRAMS: [&str; 7] =
    ["ceph", "ceph-mon", "ceph-osd", "monmaptool", "rados", "radosgw", "radosgw-admin"];
const PACKAGES: &str = "ceph-common ceph-mon ceph-osd radosgw";
