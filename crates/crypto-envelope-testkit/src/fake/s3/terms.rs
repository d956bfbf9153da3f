//! What holds for all buckets of a fake.

#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) region: String,
    /// How many bytes every part but the last has to have.
    pub(super) smallest_part: usize,
    pub(super) transport: Security,
}

/// How clients come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Security {
    #[default]
    Clear,
    Tls,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            smallest_part: 5 << 20,
            transport: Security::default(),
        }
    }
}
