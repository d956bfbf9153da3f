//! `--metadata-output`.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::{fd::AsFd, unix::fs::MetadataExt},
    path::Path,
};

use crate::{
    args::Report,
    failure::Failure,
    local_keys::Store,
    output::Destination,
    plan::{Plan, place_of},
    provider::ProviderSpec,
};

/// A file for records.
#[derive(Debug)]
pub(super) struct Metadata {
    file: File,
    name: String,
    earlier: Earlier,
}

/// What becomes of earlier records.
#[derive(Clone, Copy, Debug)]
enum Earlier {
    Kept,
    Replaced,
}

impl Metadata {
    /// Opened before any work is done, so that no record can get lost. Earlier records go once
    /// there is a new one: a run that comes to nothing leaves them alone.
    pub(super) fn open(
        path: &Path,
        report: &Report,
        plan: &Plan,
        keys: &[ProviderSpec],
    ) -> Result<Self, Failure> {
        let earlier = if report.overwrite_metadata { Earlier::Replaced } else { Earlier::Kept };
        let name = path.display().to_string();
        let cannot = |error: io::Error| Failure::io(format!("cannot write {name}"), &error);
        check_names(path, plan)?;
        let file = File::options().append(true).create(true).open(path).map_err(cannot)?;
        check_file(&file, path, plan, keys).map_err(cannot)??;
        Ok(Self { file, name, earlier })
    }

    pub(super) fn write(&mut self, line: &str) -> Result<(), Failure> {
        let emptied = match self.earlier {
            Earlier::Kept => Ok(()),
            Earlier::Replaced => self.file.set_len(0),
        };
        self.earlier = Earlier::Kept;
        emptied
            .and_then(|()| self.file.write_all(line.as_bytes()))
            .map_err(|error| Failure::io(format!("cannot write {}", self.name), &error))
    }
}

/// It must not get the name of what is written, also if neither is there yet.
fn check_names(path: &Path, plan: &Plan) -> Result<(), Failure> {
    let place = place_of(path);
    let clashes = plan.jobs.iter().any(
        |job| matches!(&job.destination, Destination::File(result) if place_of(result) == place),
    );
    let in_store = Store::of_user().is_ok_and(|store| place.starts_with(place_of(store.folder())));
    if clashes || in_store { Err(in_use(path)) } else { Ok(()) }
}

/// It must not be anything that is read, written, or holds a key, under whatever name.
fn check_file(
    file: &File,
    path: &Path,
    plan: &Plan,
    keys: &[ProviderSpec],
) -> io::Result<Result<(), Failure>> {
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    let ours = identity(file.metadata()?);
    let is_ours = |path: &Path| fs::metadata(path).is_ok_and(|found| identity(found) == ours);
    let standard_streams =
        [io::stdin().as_fd().try_clone_to_owned(), io::stdout().as_fd().try_clone_to_owned()];
    let is_stream = standard_streams.into_iter().flatten().any(|stream| {
        let found = File::from(stream).metadata();
        found.is_ok_and(|found| found.is_file() && identity(found) == ours)
    });
    let is_source =
        plan.jobs.iter().any(|job| job.source.path().is_some_and(|path| is_ours(&path)));
    let is_key = keys.iter().any(|key| is_ours(key.file()));
    Ok(if is_stream || is_source || is_key { Err(in_use(path)) } else { Ok(()) })
}

fn in_use(path: &Path) -> Failure {
    Failure::usage(format!("{} is in use by this run", path.display()))
        .hint("choose another file for --metadata-output")
}
