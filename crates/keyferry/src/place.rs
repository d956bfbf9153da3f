//! `cos://BUCKET/KEY`.

use std::{fmt, os::unix::ffi::OsStrExt, path::Path};

use crate::failure::Failure;

/// An object in Tencent COS, or where several of them go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CosPlace {
    pub(crate) bucket: String,
    /// Empty, or with a slash at the end, where several go.
    pub(crate) key: String,
}

impl CosPlace {
    /// None if it is the path of a file.
    pub(crate) fn parse(path: &Path) -> Result<Option<Self>, Failure> {
        let parts = bucket_and_key(path, SCHEME)?;
        Ok(parts.map(|(bucket, key)| Self { bucket, key }))
    }

    /// The same of what has to be one object.
    pub(crate) fn parse_object(path: &Path) -> Result<Option<Self>, Failure> {
        let place = Self::parse(path)?;
        match place.as_ref().filter(|place| place.is_folder()) {
            Some(place) => Err(Failure::usage(format!("{place} is not one object"))
                .hint("name its key, without a slash at the end")),
            None => Ok(place),
        }
    }

    /// Whether it is where several objects go.
    pub(crate) fn is_folder(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    /// An object in it.
    pub(crate) fn joined(&self, name: &str) -> Self {
        Self { bucket: self.bucket.clone(), key: format!("{}{name}", self.key) }
    }

    /// What stands behind the last slash.
    pub(crate) fn name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for CosPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)
    }
}

/// The parts of `SCHEME://BUCKET/KEY`. None if it is something else.
pub(crate) fn bucket_and_key(
    path: &Path,
    scheme: &str,
) -> Result<Option<(String, String)>, Failure> {
    let Some(rest) = path.as_os_str().as_bytes().strip_prefix(scheme.as_bytes()) else {
        return Ok(None);
    };
    let wrong = || Failure::usage(format!("{} is not {scheme}BUCKET/KEY", path.display()));
    let rest = str::from_utf8(rest).map_err(|_| wrong())?;
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(wrong());
    }
    Ok(Some((bucket.to_owned(), key.to_owned())))
}

const SCHEME: &str = "cos://";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_from_paths() -> Result<(), Failure> {
        for path in ["cos", "./cos://a-1/b", "cos:/a-1/b", "COS://a-1/b", "a/cos://b"] {
            assert_eq!(CosPlace::parse(Path::new(path))?, None, "{path}");
        }
        for (path, is_folder) in [
            ("cos://a-1", true),
            ("cos://a-1/", true),
            ("cos://a-1/b/", true),
            ("cos://a-1/b", false),
        ] {
            let place = CosPlace::parse(Path::new(path))?;
            assert_eq!(place.map(|place| place.is_folder()), Some(is_folder), "{path}");
            assert_eq!(CosPlace::parse_object(Path::new(path)).is_err(), is_folder, "{path}");
        }
        assert!(CosPlace::parse(Path::new("cos:///key")).is_err());
        Ok(())
    }
}
