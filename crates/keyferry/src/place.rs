//! `cos://BUCKET/KEY` and `s3://BUCKET/KEY`.

use std::{fmt, os::unix::ffi::OsStrExt, path::Path};

use crate::failure::Failure;

/// Where objects are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cloud {
    /// Tencent COS.
    Cos,
    /// Amazon S3, or a server that speaks it.
    S3,
}

/// An object in a cloud, or where several of them are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) cloud: Cloud,
    pub(crate) bucket: String,
    /// Empty, or with a slash at the end, where several are.
    pub(crate) key: String,
}

impl Cloud {
    const ALL: [Self; 2] = [Self::Cos, Self::S3];

    fn scheme(self) -> &'static str {
        match self {
            Self::Cos => "cos://",
            Self::S3 => "s3://",
        }
    }

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cos => "COS",
            Self::S3 => "S3",
        }
    }

    /// The feature that it needs, if this program was built without.
    fn missing_feature(self) -> Option<&'static str> {
        let (feature, is_there) = match self {
            Self::Cos => ("tencent-cos", cfg!(feature = "tencent-cos")),
            Self::S3 => ("s3-sse-c", cfg!(feature = "s3-sse-c")),
        };
        (!is_there).then_some(feature)
    }
}

impl Place {
    /// None if it is the path of a file.
    pub(crate) fn parse(path: &Path) -> Result<Option<Self>, Failure> {
        let text = path.as_os_str().as_bytes();
        let is_in = |cloud: &Cloud| text.starts_with(cloud.scheme().as_bytes());
        let Some(cloud) = Cloud::ALL.into_iter().find(is_in) else { return Ok(None) };
        let scheme = cloud.scheme();
        let wrong = || Failure::usage(format!("{} is not {scheme}BUCKET/KEY", path.display()));
        let rest = str::from_utf8(&text[scheme.len()..]).map_err(|_| wrong())?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(wrong());
        }
        Ok(Some(Self { cloud, bucket: bucket.to_owned(), key: key.to_owned() }))
    }

    /// The same of what has to be one object.
    pub(crate) fn parse_object(path: &Path) -> Result<Option<Self>, Failure> {
        Self::parse(path)?.map(Self::one_object).transpose()
    }

    /// Fails if it is where several objects are.
    pub(crate) fn one_object(self) -> Result<Self, Failure> {
        if self.is_folder() {
            return Err(Failure::usage(format!("{self} is not one object"))
                .hint("name its key, without a slash at the end"));
        }
        Ok(self)
    }

    /// Whether it is where several objects are.
    pub(crate) fn is_folder(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    /// An object in it.
    pub(crate) fn joined(&self, name: &str) -> Self {
        Self { key: format!("{}{name}", self.key), ..self.clone() }
    }

    /// An object in it, or itself.
    pub(crate) fn named(self, name: &str) -> Self {
        if self.is_folder() { self.joined(name) } else { self }
    }

    /// What stands behind the last slash.
    pub(crate) fn name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }

    /// Why it is of no use for who reads and writes files.
    pub(crate) fn unreachable(&self) -> Failure {
        match self.cloud.missing_feature() {
            None => {
                let cloud = self.cloud.name();
                Failure::usage(format!("what is read and written here is not in {cloud}"))
                    .hint("keyferry cp moves it from there, and there")
            }
            Some(feature) => {
                Failure::usage(format!("this keyferry was built without the feature {feature}"))
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/{}", self.cloud.scheme(), self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_from_paths() -> Result<(), Failure> {
        for path in ["cos", "./cos://a-1/b", "cos:/a-1/b", "COS://a-1/b", "a/cos://b", "s3:/a/b"] {
            assert_eq!(Place::parse(Path::new(path))?, None, "{path}");
        }
        for (path, is_folder) in [
            ("cos://a-1", true),
            ("cos://a-1/", true),
            ("s3://a/b/", true),
            ("cos://a-1/b", false),
            ("s3://a/b/c", false),
        ] {
            let place = Place::parse(Path::new(path))?;
            assert_eq!(place.map(|place| place.is_folder()), Some(is_folder), "{path}");
            assert_eq!(Place::parse_object(Path::new(path)).is_err(), is_folder, "{path}");
        }
        for path in ["cos:///key", "s3://", "s3:///key"] {
            assert!(Place::parse(Path::new(path)).is_err(), "{path}");
        }
        Ok(())
    }
}
