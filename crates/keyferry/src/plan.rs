//! What is read, and where the results go: known before any work is done.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use crate::{
    anchor::Below,
    args::Files,
    failure::Failure,
    input::Source,
    output::Destination,
    place::Place,
    walk::{Findings, Found, Kind, NotTaken, Origin, Recursion},
};

/// One result to make.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) source: Source,
    pub(crate) destination: Destination,
    /// Where the result is, if a folder was named and not the result.
    pub(crate) below: Option<Below>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    /// Found in folders, and not for this command.
    pub(crate) left_alone: Vec<LeftAlone>,
    /// Found, and not worked on.
    pub(crate) not_taken: Vec<NotTaken>,
}

/// A file that is not for this command.
#[derive(Debug)]
pub(crate) struct LeftAlone {
    pub(crate) path: PathBuf,
    pub(crate) reason: &'static str,
}

/// How the name of a result is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Naming<'suffix> {
    Add(&'suffix str),
    Remove(&'suffix str),
}

#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
impl Job {
    /// Whether one of its ends is in a cloud.
    pub(crate) fn is_remote(&self) -> bool {
        let is_from_there = matches!(self.source, Source::Object(_));
        is_from_there || matches!(self.destination, Destination::Object(_))
    }
}

impl Plan {
    pub(crate) fn new(files: &Files, naming: Naming<'_>) -> Result<Self, Failure> {
        naming.check()?;
        let mut plan = Self::default();
        match &files.inputs[..] {
            [] => plan.jobs.push(from_standard_input(files.output.as_deref())?),
            [input] if Source::named(input) == Source::StandardInput => {
                plan.jobs.push(from_standard_input(files.output.as_deref())?);
            }
            inputs if inputs.iter().any(|input| input == "-") => {
                return Err(Failure::usage("standard input together with files"));
            }
            inputs => plan.add_files(inputs, files, naming)?,
        }
        plan.check_results()?;
        Ok(plan)
    }

    fn add_files(
        &mut self,
        inputs: &[PathBuf],
        files: &Files,
        naming: Naming<'_>,
    ) -> Result<(), Failure> {
        let recursion = if files.recursive { Recursion::On } else { Recursion::Off };
        let mut findings = Findings::default();
        inputs.iter().try_for_each(|input| findings.add(input, recursion))?;
        check_outside(files.output.as_deref(), &findings.folders)?;
        // What would not have been decrypted anyway is nobody's loss.
        let is_missed = |one: &NotTaken| one.kind == Kind::Folder || naming.fits(&one.path);
        self.not_taken.extend(findings.not_taken.into_iter().filter(is_missed));
        let unfinished = |path| LeftAlone { path, reason: "unfinished" };
        self.left_alone.extend(findings.unfinished.into_iter().map(unfinished));
        let results = Results::new(files.output.as_deref(), &findings.found)?;
        for found in findings.found {
            if found.origin != Origin::Named && !results.are_for(&found, naming) {
                let path = found.source.path().unwrap_or_default();
                self.left_alone.push(LeftAlone { path, reason: "suffix" });
            } else {
                self.jobs.push(results.job(found, naming)?);
            }
        }
        Ok(())
    }

    /// No result replaces another one, or what another job is still to read.
    fn check_results(&self) -> Result<(), Failure> {
        let mut sources = BTreeMap::new();
        for (number, job) in self.jobs.iter().enumerate() {
            if let Some(path) = job.source.path() {
                sources.insert(place_of(&path), number);
                sources.insert(name_in_folder(&path), number);
            } else if let Source::Object(place) = &job.source {
                sources.insert(place.to_string().into(), number);
            }
        }
        let mut results = BTreeMap::new();
        for (number, Job { source, destination, .. }) in self.jobs.iter().enumerate() {
            let place = match destination {
                // A link of that name is replaced, wherever it leads.
                Destination::File(path) => name_in_folder(path),
                Destination::Object(place) => place.to_string().into(),
                _ => continue,
            };
            if let Some(other) = sources.get(&place).filter(|other| **other != number) {
                let other = self.jobs[*other].source.name();
                let source = source.name();
                return Err(Failure::usage(format!("{source} would replace {other}")).hint(
                    "leave out the results of an earlier run: a quoted pattern and --recursive do",
                ));
            }
            if let Some(other) = results.insert(place, source) {
                return Err(Failure::usage(format!(
                    "{} and {} would both become {destination}",
                    other.name(),
                    source.name()
                )));
            }
        }
        Ok(())
    }
}

fn check_outside(output: Option<&Path>, folders: &[PathBuf]) -> Result<(), Failure> {
    let Some(output) = output else { return Ok(()) };
    match folders.iter().find(|folder| lies_within(output, folder)) {
        None => Ok(()),
        Some(folder) => {
            let (output, folder) = (output.display(), folder.display());
            Err(Failure::usage(format!(
                "the results in {output} would be read as part of {folder}"
            ))
            .hint("choose a folder outside of it, or leave --output out"))
        }
    }
}

/// Where the results go.
enum Results<'output> {
    /// One result, to a place of this name.
    Single(&'output Path),
    Beside,
    /// Into a folder, with the structure of the inputs.
    Folder(&'output Path),
    /// The same in a cloud.
    Objects(Place),
}

impl<'output> Results<'output> {
    fn new(output: Option<&'output Path>, inputs: &[Found]) -> Result<Self, Failure> {
        let in_cloud = output.map(Place::parse).transpose()?.flatten();
        if let Some(folder) = in_cloud.filter(Place::is_folder) {
            return Ok(Self::Objects(folder));
        }
        match (output, inputs) {
            (None, _) => Ok(Self::Beside),
            (Some(folder), _) if folder.is_dir() => Ok(Self::Folder(folder)),
            (Some(output), [Found { origin: Origin::Named | Origin::Pattern, .. }]) => {
                Ok(Self::Single(output))
            }
            (Some(output), _) if output == "-" => {
                Err(Failure::usage("several results cannot go to standard output")
                    .hint("choose a folder with --output"))
            }
            (Some(output), _) => {
                let output = output.display();
                Err(Failure::usage(format!(
                    "{output} is not a folder, and there are several results"
                ))
                .hint("make the folder first"))
            }
        }
    }

    /// Of the files in a folder, and of those that match a pattern, some are not meant: when
    /// encrypting beside them the results of an earlier run, when decrypting whatever is not
    /// encrypted.
    fn are_for(&self, found: &Found, naming: Naming<'_>) -> bool {
        match (naming, self) {
            (Naming::Add(suffix), Self::Beside) => without_suffix(&found.place, suffix).is_none(),
            (Naming::Add(_), _) => true,
            (Naming::Remove(_), _) => naming.fits(&found.place),
        }
    }

    fn job(&self, found: Found, naming: Naming<'_>) -> Result<Job, Failure> {
        let below = match (self, &found.source) {
            (Self::Single(output), _) => {
                let destination = Destination::named(output)?;
                return Ok(Job { source: found.source, destination, below: None });
            }
            (Self::Beside, Source::InFolder(Below { root, place })) => {
                Below { root: root.clone(), place: naming.apply(place)? }
            }
            (Self::Beside, Source::Object(place)) => {
                let name = naming.apply_to_name(&place.key)?;
                let destination = Destination::Object(Place { key: name, ..place.clone() });
                return Ok(Job { source: found.source, destination, below: None });
            }
            (Self::Objects(folder), _) => {
                let place = found.place.to_str().ok_or_else(|| {
                    Failure::usage(format!("{} is not in UTF-8", found.place.display()))
                })?;
                let destination = Destination::Object(folder.joined(&naming.apply_to_name(place)?));
                return Ok(Job { source: found.source, destination, below: None });
            }
            (Self::Beside, source) => {
                let path = naming.apply(&source.path().unwrap_or_default())?;
                let destination = Destination::File(path);
                return Ok(Job { source: found.source, destination, below: None });
            }
            // Nothing on the way there that somebody could exchange.
            (Self::Folder(root), Source::Object(_)) => {
                let destination = Destination::File(root.join(naming.apply(&found.place)?));
                return Ok(Job { source: found.source, destination, below: None });
            }
            (Self::Folder(root), _) => {
                Below { root: (*root).to_owned(), place: naming.apply(&found.place)? }
            }
        };
        let destination = Destination::File(below.path());
        Ok(Job { source: found.source, destination, below: Some(below) })
    }
}

impl Naming<'_> {
    fn check(self) -> Result<(), Failure> {
        let (Self::Add(suffix) | Self::Remove(suffix)) = self;
        if suffix.contains('/') {
            return Err(Failure::usage(format!("the suffix {suffix} holds a slash")));
        }
        Ok(())
    }

    /// Whether a file of this name can be meant.
    fn fits(self, path: &Path) -> bool {
        match self {
            Self::Add(_) | Self::Remove("") => true,
            Self::Remove(suffix) => without_suffix(path, suffix).is_some(),
        }
    }

    /// As [`apply`](Self::apply), of the key of an object.
    fn apply_to_name(self, name: &str) -> Result<String, Failure> {
        match self {
            Self::Add(suffix) => Ok(format!("{name}{suffix}")),
            Self::Remove(suffix) => {
                let rest = name.strip_suffix(suffix);
                let rest = rest.filter(|rest| !rest.is_empty() && !rest.ends_with('/'));
                rest.map(str::to_owned).ok_or_else(|| without_its_suffix(name, suffix))
            }
        }
    }

    fn apply(self, path: &Path) -> Result<PathBuf, Failure> {
        match self {
            Self::Add(suffix) => {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                Ok(name.into())
            }
            Self::Remove("") => Ok(path.to_owned()),
            Self::Remove(suffix) => without_suffix(path, suffix)
                .ok_or_else(|| without_its_suffix(&path.display().to_string(), suffix)),
        }
    }
}

fn without_its_suffix(name: &str, suffix: &str) -> Failure {
    Failure::usage(format!("{name} does not end in {suffix}"))
        .hint("say where the plaintext goes with --output, or another --suffix")
}

/// The path without the suffix, unless nothing of the file name would be left.
fn without_suffix(path: &Path, suffix: &str) -> Option<PathBuf> {
    let rest = path.file_name()?.as_bytes().strip_suffix(suffix.as_bytes())?;
    let name = (!rest.is_empty()).then(|| OsString::from_vec(rest.to_vec()))?;
    Some(path.with_file_name(name))
}

fn from_standard_input(output: Option<&Path>) -> Result<Job, Failure> {
    let destination = match output {
        Some(path) if path.is_dir() => {
            return Err(Failure::usage(format!("{} is a directory", path.display()))
                .hint("standard input has no name: say which file"));
        }
        Some(path) => Destination::named(path)?,
        None => Destination::standard_output()?,
    };
    Ok(Job { source: Source::StandardInput, destination, below: None })
}

/// The same for all names of a file that is there; else its folder and its name.
pub(crate) fn place_of(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| name_in_folder(path))
}

/// The same for all names of its folder.
pub(crate) fn name_in_folder(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    match (folder.unwrap_or(Path::new(".")).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// Whether `inner` is `outer` or a folder below.
fn lies_within(inner: &Path, outer: &Path) -> bool {
    match (inner.canonicalize(), outer.canonicalize()) {
        (Ok(inner), Ok(outer)) => inner.starts_with(outer),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_taken_off_names_only() {
        let off = |path: &str| without_suffix(Path::new(path), ".enc").map(OsString::from);
        assert_eq!(off("a/b.enc"), Some("a/b".into()));
        assert_eq!(off("b.tar.enc"), Some("b.tar".into()));
        for path in ["a/b", "a/.enc", ".enc", "a.enc/b", "a/..", "/"] {
            assert_eq!(off(path), None, "{path}");
        }
    }
}
