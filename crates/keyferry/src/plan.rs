//! What is read, and where the results go: known before any work is done.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use crate::{
    args::Files,
    failure::Failure,
    input::Source,
    output::Destination,
    walk::{self, Found, NotTaken, Origin},
};

/// One result to make.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) source: Source,
    pub(crate) destination: Destination,
    /// The folder of the result, if it is to be made.
    pub(crate) folder: Option<PathBuf>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    /// Found in folders, and not for this command.
    pub(crate) left_alone: Vec<PathBuf>,
    /// Found in folders, and cannot be read.
    pub(crate) not_taken: Vec<NotTaken>,
}

/// How the name of a result is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Naming<'suffix> {
    Add(&'suffix str),
    Remove(&'suffix str),
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
        let mut all = Vec::new();
        for input in inputs {
            for path in walk::matches(input)? {
                if path.is_dir() {
                    all.extend(self.find_in(&path, files, naming)?);
                } else {
                    let place = path.file_name().unwrap_or_default().into();
                    all.push(Found { path, place, origin: Origin::Named });
                }
            }
        }
        let results = Results::new(files.output.as_deref(), &all)?;
        for found in all {
            if found.origin == Origin::InFolder && !results.are_for(&found, naming) {
                self.left_alone.push(found.path);
            } else {
                self.jobs.push(results.job(found, naming)?);
            }
        }
        Ok(())
    }

    fn find_in(
        &mut self,
        folder: &Path,
        files: &Files,
        naming: Naming<'_>,
    ) -> Result<Vec<Found>, Failure> {
        if !files.recursive {
            return Err(walk::is_a_folder(folder));
        }
        if let Some(output) = &files.output
            && lies_within(output, folder)
        {
            let (output, folder) = (output.display(), folder.display());
            return Err(Failure::usage(format!(
                "the results in {output} would be read as part of {folder}"
            ))
            .hint("choose a folder outside of it, or leave --output out"));
        }
        let (found, not_taken) = walk::folder(folder);
        // What would not have been decrypted anyway is nobody's loss.
        let is_missed = |path: &Path| path.is_dir() || naming.fits(path);
        self.not_taken.extend(not_taken.into_iter().filter(|one| is_missed(&one.path)));
        Ok(found)
    }

    /// Two results of the same name would replace each other.
    fn check_results(&self) -> Result<(), Failure> {
        let mut sources = BTreeMap::new();
        for Job { source, destination, .. } in &self.jobs {
            if let Destination::File(path) = destination
                && let Some(other) = sources.insert(path, source)
            {
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

/// Where the results go.
enum Results<'output> {
    /// One result, to a place of this name.
    Single(&'output Path),
    Beside,
    /// Into a folder, with the structure of the inputs.
    Folder(&'output Path),
}

impl<'output> Results<'output> {
    fn new(output: Option<&'output Path>, inputs: &[Found]) -> Result<Self, Failure> {
        match (output, inputs) {
            (None, _) => Ok(Self::Beside),
            (Some(folder), _) if folder.is_dir() => Ok(Self::Folder(folder)),
            (Some(output), [Found { origin: Origin::Named, .. }]) => Ok(Self::Single(output)),
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

    /// Of the files in a folder some are not meant: when encrypting beside them the results of an
    /// earlier run, when decrypting whatever is not encrypted.
    fn are_for(&self, found: &Found, naming: Naming<'_>) -> bool {
        match (naming, self) {
            (Naming::Add(suffix), Self::Beside) => without_suffix(&found.path, suffix).is_none(),
            (Naming::Add(_), _) => true,
            (Naming::Remove(_), _) => naming.fits(&found.path),
        }
    }

    fn job(&self, found: Found, naming: Naming<'_>) -> Result<Job, Failure> {
        let mut folder = None;
        let destination = match self {
            Self::Single(output) => Destination::named(output)?,
            Self::Beside => Destination::File(naming.apply(&found.path)?),
            Self::Folder(root) => {
                let path = root.join(naming.apply(&found.place)?);
                folder = path.parent().map(Path::to_owned);
                Destination::File(path)
            }
        };
        let source = match found.origin {
            Origin::Named => Source::File(found.path),
            Origin::InFolder => Source::InFolder(found.path),
        };
        Ok(Job { source, destination, folder })
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

    fn apply(self, path: &Path) -> Result<PathBuf, Failure> {
        match self {
            Self::Add(suffix) => {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                Ok(name.into())
            }
            Self::Remove("") => Ok(path.to_owned()),
            Self::Remove(suffix) => without_suffix(path, suffix).ok_or_else(|| {
                Failure::usage(format!("{} does not end in {suffix}", path.display()))
                    .hint("say where the plaintext goes with --output, or another --suffix")
            }),
        }
    }
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
    Ok(Job { source: Source::StandardInput, destination, folder: None })
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
