//! `keyferry man`.

use std::{fs, path::Path};

use clap_mangen::Man;

use crate::{
    args::{self, Arguments},
    failure::Failure,
    report,
};

pub(super) fn run(arguments: &args::Man) -> Result<(), Failure> {
    match &arguments.output {
        None => report::print(&String::from_utf8_lossy(&page(Arguments::description())?)),
        Some(folder) => write_all(folder),
    }
}

/// One page for keyferry, and one for each command.
fn write_all(folder: &Path) -> Result<(), Failure> {
    if !folder.is_dir() {
        return Err(Failure::usage(format!("there is no folder {}", folder.display())));
    }
    let mut all = vec![Arguments::description().disable_help_subcommand(true)];
    all[0].build();
    while let Some(command) = all.pop() {
        let name = command.get_display_name().unwrap_or("keyferry").to_owned();
        all.extend(command.get_subcommands().filter(|one| !one.is_hide_set()).cloned());
        let path = folder.join(format!("{name}.1"));
        fs::write(&path, page(command)?)
            .map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))?;
    }
    Ok(())
}

fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::io("cannot make the manual page", &error))?;
    Ok(page)
}
