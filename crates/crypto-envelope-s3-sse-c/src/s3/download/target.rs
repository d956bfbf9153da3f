//! Where an object is written to, from now on or as before.

use std::path::Path;

use crypto_envelope::Result;
use crypto_envelope_transfer::TargetFile;

use super::{
    Found,
    record::{DownloadRecord, DownloadStart},
};

pub(super) struct Target {
    pub(super) file: TargetFile,
    pub(super) record: Option<DownloadRecord>,
    pub(super) part_size: u64,
}

impl Target {
    /// Goes on where it was, or begins anew.
    pub(super) fn begin(
        path: &Path,
        record: Option<&Path>,
        found: &Found,
        part_size: u64,
    ) -> Result<Self> {
        let Some(record) = record else {
            return Ok(Self { file: TargetFile::create(path)?, record: None, part_size });
        };
        if let Some(opened) = DownloadRecord::open(record, &found.place)? {
            let again = opened.start.is_of(found).then(|| opened.start.file(path)).flatten();
            if let Some(file) = again {
                let part_size = opened.start.part_size;
                return Ok(Self { file, record: Some(opened), part_size });
            }
            opened.start.remove_left(path)?;
            opened.remove()?;
        }
        let file = TargetFile::create(path)?;
        // Where files have no owners, nobody could tell ours again.
        let Some(place) = file.place()? else {
            return Ok(Self { file, record: None, part_size });
        };
        let record = DownloadRecord::create(record, DownloadStart::new(found, part_size, place))?;
        // Not before there is a record that tells of it.
        Ok(Self { file: file.keep()?, record: Some(record), part_size })
    }
}
