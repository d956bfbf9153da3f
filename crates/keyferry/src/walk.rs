//! Files by patterns and in folders.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    failure::{Code, Failure},
    output::unfinished::is_unfinished,
};

/// A file that was named, or found in a folder that was named.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Where it is, seen from the folder that was named; its file name if it was named itself.
    pub(crate) place: PathBuf,
    pub(crate) origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Named,
    InFolder,
}

/// What cannot be read, by its path.
#[derive(Debug)]
pub(crate) struct NotTaken {
    pub(crate) path: PathBuf,
    pub(crate) failure: Failure,
}

/// The paths that `named` stands for: itself, unless it is a pattern.
pub(crate) fn matches(named: &Path) -> Result<Vec<PathBuf>, Failure> {
    let pattern = named.to_str().filter(|text| text.contains(['*', '?', '[']));
    let Some(pattern) = pattern.filter(|_| fs::symlink_metadata(named).is_err()) else {
        return Ok(vec![named.to_owned()]);
    };
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        // As in the shell: a star does not stand for hidden files.
        require_literal_leading_dot: true,
    };
    let matches = glob::glob_with(pattern, options)
        .map_err(|error| Failure::usage(format!("{pattern} is not a pattern: {}", error.msg)))?;
    let paths = matches.collect::<Result<Vec<_>, _>>().map_err(|error| {
        Failure::io(format!("cannot read {}", error.path().display()), error.error())
    })?;
    if paths.is_empty() {
        return Err(Failure::usage(format!("nothing matches {pattern}")));
    }
    Ok(paths)
}

/// All files in a folder and below, in the order of their names. Links are not followed: where
/// they lead is not for this program to trust.
pub(crate) fn folder(root: &Path) -> (Vec<Found>, Vec<NotTaken>) {
    let (mut found, mut not_taken) = (Vec::new(), Vec::new());
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match entries(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                let failure = Failure::io(format!("cannot read {}", folder.display()), &error);
                not_taken.push(NotTaken { path: folder, failure });
                continue;
            }
        };
        for (path, kind) in entries {
            if is_unfinished(&path) {
                continue;
            }
            match kind {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => found.push(in_folder(root, path)),
                kind => {
                    let failure = why_not(&path, kind);
                    not_taken.push(NotTaken { path, failure });
                }
            }
        }
    }
    found.sort_by(|one, other| one.place.cmp(&other.place));
    not_taken.sort_by(|one, other| one.path.cmp(&other.path));
    (found, not_taken)
}

/// Why a folder that was named is not gone through.
pub(crate) fn is_a_folder(path: &Path) -> Failure {
    Failure::usage(format!("{} is a directory", path.display()))
        .hint("to go through all that is in it: --recursive")
}

type Entries = Vec<(PathBuf, io::Result<fs::FileType>)>;

fn entries(folder: &Path) -> io::Result<Entries> {
    fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| (entry.path(), entry.file_type())))
        .collect()
}

fn in_folder(root: &Path, path: PathBuf) -> Found {
    let place = path.strip_prefix(root).unwrap_or(&path).to_owned();
    Found { path, place, origin: Origin::InFolder }
}

fn why_not(path: &Path, kind: io::Result<fs::FileType>) -> Failure {
    let name = path.display();
    match kind {
        Ok(kind) if kind.is_symlink() => {
            Failure::new(Code::Usage, format!("{name} is a link, and links are not followed"))
        }
        Ok(_) => Failure::new(Code::Usage, format!("{name} is not a regular file")),
        Err(error) => Failure::io(format!("cannot read {name}"), &error),
    }
}
