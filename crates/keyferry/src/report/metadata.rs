//! `--metadata-output`.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::MetadataExt,
    },
    path::Path,
};

use crate::{
    args::Report,
    failure::Failure,
    input::Source,
    local_keys::Store,
    output::Destination,
    plan::{Plan, name_in_folder, place_of},
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
        let name = path.display().to_string();
        let cannot = |error: io::Error| Failure::io(format!("cannot write {name}"), &error);
        check_names(path, plan)?;
        let file = File::options().append(true).create(true).open(path).map_err(cannot)?;
        check_file(&file, path, plan, keys).map_err(cannot)??;
        // A device or a pipe holds nothing that could be replaced.
        let holds_records = file.metadata().map_err(cannot)?.is_file();
        let earlier = if report.overwrite_metadata && holds_records {
            Earlier::Replaced
        } else {
            Earlier::Kept
        };
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
        |job| matches!(&job.destination, Destination::File(result) if name_in_folder(result) == place),
    );
    // What a link would make cannot be compared.
    let leads_nowhere = path.is_symlink() && !path.exists();
    let in_store = Store::of_user().is_ok_and(|store| place.starts_with(place_of(store.folder())));
    if clashes || in_store || leads_nowhere { Err(in_use(path)) } else { Ok(()) }
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
    let is_stream = standard_streams(plan).into_iter().any(|stream| {
        let found = File::from(stream).metadata();
        found.is_ok_and(|found| found.is_file() && identity(found) == ours)
    });
    let is_source =
        plan.jobs.iter().any(|job| job.source.path().is_some_and(|path| is_ours(&path)));
    let is_key = keys.iter().flat_map(ProviderSpec::files).any(is_ours);
    Ok(if is_stream || is_source || is_key { Err(in_use(path)) } else { Ok(()) })
}

/// Those that data comes from or goes to.
fn standard_streams(plan: &Plan) -> Vec<OwnedFd> {
    let reads = plan.jobs.iter().any(|job| job.source == Source::StandardInput);
    let writes = plan.jobs.iter().any(|job| job.destination.is_standard_output());
    let input = reads.then(|| io::stdin().as_fd().try_clone_to_owned());
    let output = writes.then(|| io::stdout().as_fd().try_clone_to_owned());
    [input, output].into_iter().flatten().flatten().collect()
}

fn in_use(path: &Path) -> Failure {
    Failure::usage(format!("{} is in use by this run", path.display()))
        .hint("choose another file for --metadata-output")
}
