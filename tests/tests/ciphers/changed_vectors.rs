//! Vectors of vendors with a change in them, which has to be found.

use std::{fs, path::Path};

use crypto_envelope_tests::{
    vector_files::{FileReport, VectorFiles},
    vectors::Result,
};
use serde_json::Value;
use tempfile::TempDir;

/// What becomes of `file` with its cases changed.
pub(crate) fn run_changed(
    vectors: VectorFiles,
    file: &str,
    change: impl FnOnce(&mut Vec<Value>),
) -> Result<FileReport> {
    let directory = copy(vectors)?;
    let path = directory.path().join(file);
    let mut root: Value = serde_json::from_slice(&fs::read(&path)?)?;
    let cases = if root["calls"].is_array() { &mut root["calls"] } else { &mut root["cases"] };
    change(cases.as_array_mut().expect("cases"));
    fs::write(&path, root.to_string())?;
    Ok(vectors.run_one(directory.path(), file).ok_or("it is not known")?)
}

/// All of them, with the files of keys beside them.
pub(crate) fn copy(vectors: VectorFiles) -> Result<TempDir> {
    let directory = TempDir::new()?;
    copy_into(&vectors.official(), directory.path())?;
    Ok(directory)
}

fn copy_into(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_into(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
