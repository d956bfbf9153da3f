//! What is measured, and how long.

use crate::Outcome;

/// What the arguments say.
pub(crate) struct Settings {
    /// A program, or a URL.
    pub(crate) server: String,
    pub(crate) turns: usize,
    /// How many objects of 1 KiB, and of 1 MiB.
    pub(crate) small: usize,
    pub(crate) medium: usize,
    /// Bytes of the large object.
    pub(crate) large: usize,
    /// How many ranges are read in a turn.
    pub(crate) requests: usize,
    /// Of the Parquet file.
    pub(crate) rows: usize,
    only: Option<Job>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    Objects,
    Ranges,
    Scan,
}

impl Settings {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Outcome<Self> {
        let (quick, arguments): (Vec<_>, Vec<_>) =
            arguments.partition(|argument| argument == "--quick");
        let mut settings = if quick.is_empty() { Self::full() } else { Self::quick() };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let Some(name) = argument.strip_prefix("--") else {
                settings.server = argument;
                continue;
            };
            let value = arguments.next().ok_or_else(|| format!("--{name} of what?"))?;
            settings.set(name, &value)?;
        }
        if settings.server.is_empty() {
            return Err("object_store FAKE_CLOUD|ENDPOINT [OPTION]...".into());
        }
        Ok(settings)
    }

    pub(crate) fn includes(&self, job: Job) -> bool {
        self.only.is_none_or(|only| only == job)
    }

    fn set(&mut self, name: &str, value: &str) -> Outcome {
        if name == "only" {
            self.only = Some(match value {
                "objects" => Job::Objects,
                "ranges" => Job::Ranges,
                "scan" => Job::Scan,
                _ => return Err(format!("--only {value}: no such job").into()),
            });
            return Ok(());
        }
        let number = value.parse().map_err(|_| format!("--{name} {value}: not a number"))?;
        match name {
            "turns" => self.turns = number,
            "small" => self.small = number,
            "medium" => self.medium = number,
            "large" => self.large = number << 20,
            "requests" => self.requests = number,
            "rows" => self.rows = number,
            _ => return Err(format!("--{name}: no such option").into()),
        }
        Ok(())
    }

    fn full() -> Self {
        Self {
            server: String::new(),
            turns: 7,
            small: 4096,
            medium: 256,
            large: 1 << 30,
            requests: 2048,
            rows: 2_000_000,
            only: None,
        }
    }

    fn quick() -> Self {
        Self {
            turns: 3,
            small: 256,
            medium: 16,
            large: 64 << 20,
            requests: 128,
            rows: 200_000,
            ..Self::full()
        }
    }
}
