//! Files by patterns and in folders.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs, io,
    path::{Component, Path, PathBuf},
};

use crate::{
    anchor::Below, failure::Failure, input::Source, output::unfinished::is_unfinished, place::Place,
};

/// A file to work on.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) source: Source,
    /// Where its result belongs: seen from the folder that was gone through, or just its name.
    pub(crate) place: PathBuf,
    pub(crate) origin: Origin,
}

impl Found {
    pub(crate) fn standard_input() -> Self {
        Self { source: Source::StandardInput, place: PathBuf::new(), origin: Origin::Named }
    }
}

/// How it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// By its name.
    Named,
    Pattern,
    /// By going through a folder.
    InFolder,
}

/// What is not worked on.
#[derive(Debug)]
pub(crate) struct NotTaken {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) failure: Failure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    File,
}

impl Kind {
    /// Where a link leads. Behind what cannot be looked at there may be anything, as in a folder.
    fn behind(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(found) if !found.is_dir() => Self::File,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::File,
            _ => Self::Folder,
        }
    }
}

/// What a path or a pattern stands for.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) found: Vec<Found>,
    pub(crate) not_taken: Vec<NotTaken>,
    /// What an earlier run has not finished.
    pub(crate) unfinished: Vec<PathBuf>,
    /// Folders that were gone through.
    pub(crate) folders: Vec<PathBuf>,
}

/// Whether folders are gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recursion {
    On,
    Off,
}

impl Findings {
    /// Adds what `named` stands for: itself, unless it is a pattern. Links are followed if they
    /// are named themselves. Where others lead is not for this program to trust.
    pub(crate) fn add(&mut self, named: &Path, recursion: Recursion) -> Result<(), Failure> {
        if let Some(place) = Place::parse_object(named)? {
            let (name, source) = (place.name().into(), Source::Object(place));
            self.found.push(Found { source, place: name, origin: Origin::Named });
            return Ok(());
        }
        let pattern = named.to_str().filter(|text| text.contains(['*', '?', '[']));
        if let Some(pattern) = pattern.filter(|_| fs::symlink_metadata(named).is_err()) {
            return self.add_matches(pattern, recursion);
        }
        if named.is_dir() {
            return self.add_folder(named, Path::new(""), recursion);
        }
        let place = named.file_name().unwrap_or_default().into();
        let source = Source::File(named.to_owned());
        self.found.push(Found { source, place, origin: Origin::Named });
        Ok(())
    }

    fn add_matches(&mut self, pattern: &str, recursion: Recursion) -> Result<(), Failure> {
        let root = literal_folder(pattern);
        let mut links = BTreeSet::new();
        for path in matches(pattern)? {
            let (root, place) = match path.strip_prefix(&root) {
                Ok(place) => (root.clone(), place.to_owned()),
                Err(_) => (PathBuf::new(), path.clone()),
            };
            if let Some(link) = link_on_the_way(&root, &place) {
                links.insert(link);
            } else if path.is_dir() {
                self.add_folder(&root, &place, recursion)?;
            } else {
                let name = path.file_name().unwrap_or_default().into();
                let source = Source::InFolder(Below { root, place });
                self.found.push(Found { source, place: name, origin: Origin::Pattern });
            }
        }
        let not_taken =
            |path: PathBuf| NotTaken { failure: is_a_link(&path), kind: Kind::behind(&path), path };
        self.not_taken.extend(links.into_iter().map(not_taken));
        Ok(())
    }

    /// Adds all files in a folder and below, in the order of their names.
    fn add_folder(
        &mut self,
        root: &Path,
        start: &Path,
        recursion: Recursion,
    ) -> Result<(), Failure> {
        if recursion == Recursion::Off {
            let path = below(root, start);
            return Err(Failure::usage(format!("{} is a directory", path.display()))
                .hint("to go through all that is in it: --recursive"));
        }
        let mut findings = Self::default();
        let mut folders = vec![start.to_owned()];
        while let Some(folder) = folders.pop() {
            findings.add_entries(root, start, &folder, &mut folders);
        }
        findings.found.sort_by(|one, other| one.place.cmp(&other.place));
        findings.not_taken.sort_by(|one, other| one.path.cmp(&other.path));
        self.found.append(&mut findings.found);
        self.not_taken.append(&mut findings.not_taken);
        self.unfinished.append(&mut findings.unfinished);
        self.folders.push(below(root, start));
        Ok(())
    }

    fn add_entries(
        &mut self,
        root: &Path,
        start: &Path,
        folder: &Path,
        folders: &mut Vec<PathBuf>,
    ) {
        let path = below(root, folder);
        let entries = match entries(&path) {
            Ok(entries) => entries,
            Err(error) => {
                let failure = Failure::io(format!("cannot read {}", path.display()), &error);
                self.not_taken.push(NotTaken { path, kind: Kind::Folder, failure });
                return;
            }
        };
        for (name, kind) in entries {
            let (path, place) = (path.join(&name), folder.join(&name));
            match kind {
                Ok(kind) if kind.is_file() && is_unfinished(&path) => self.unfinished.push(path),
                Ok(kind) if kind.is_dir() => folders.push(place),
                Ok(kind) if kind.is_file() => {
                    let seen = place.strip_prefix(start).unwrap_or(&place).to_owned();
                    let source = Source::InFolder(Below { root: root.to_owned(), place });
                    self.found.push(Found { source, place: seen, origin: Origin::InFolder });
                }
                kind => {
                    let failure = why_not(&path, kind);
                    self.not_taken.push(NotTaken { kind: Kind::behind(&path), path, failure });
                }
            }
        }
    }
}

fn matches(pattern: &str) -> Result<Vec<PathBuf>, Failure> {
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

/// The folders in front of the first one that is a pattern: they were named.
fn literal_folder(pattern: &str) -> PathBuf {
    let is_literal = |part: &Component<'_>| {
        part.as_os_str().to_str().is_some_and(|text| !text.contains(['*', '?', '[']))
    };
    // What matches is named without them.
    let parts = Path::new(pattern).components().filter(|part| *part != Component::CurDir);
    parts.take_while(is_literal).collect()
}

fn link_on_the_way(root: &Path, place: &Path) -> Option<PathBuf> {
    let mut path = root.to_owned();
    place.components().find_map(|component| {
        path.push(component);
        fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()).then(|| path.clone())
    })
}

type Entries = Vec<(OsString, io::Result<fs::FileType>)>;

fn entries(folder: &Path) -> io::Result<Entries> {
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let entry = |entry: fs::DirEntry| (entry.file_name(), entry.file_type());
    fs::read_dir(folder)?.map(|found| found.map(entry)).collect()
}

/// Without a slash at the end.
fn below(root: &Path, place: &Path) -> PathBuf {
    if place == Path::new("") { root.to_owned() } else { root.join(place) }
}

fn is_a_link(path: &Path) -> Failure {
    Failure::usage(format!("{} is a link, and links are not followed", path.display()))
}

fn why_not(path: &Path, kind: io::Result<fs::FileType>) -> Failure {
    let name = path.display();
    match kind {
        Ok(kind) if kind.is_symlink() => is_a_link(path),
        Ok(_) => Failure::usage(format!("{name} is not a regular file")),
        Err(error) => Failure::io(format!("cannot read {name}"), &error),
    }
}
