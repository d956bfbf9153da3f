//! Packages of Debian, for machines that have nothing yet.

use crate::shell;

/// Installs `packages`, which are separated by blanks.
///
/// # Errors
///
/// Says why it cannot.
pub(crate) fn install(packages: &str) -> Result<(), String> {
    println!("installing {packages}");
    if !is_root() {
        return Err(format!("cannot install {packages}: only root can"));
    }
    apt_get("update")?;
    apt_get(&format!("install --yes --no-install-recommends {packages}"))
}

fn apt_get(arguments: &str) -> Result<(), String> {
    let mut command = shell::command("apt-get");
    command.args(arguments.split_whitespace()).env("DEBIAN_FRONTEND", "noninteractive");
    shell::run(&mut command)
}

fn is_root() -> bool {
    shell::output(shell::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
