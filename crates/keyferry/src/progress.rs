//! How far it has come, on a terminal.

use std::{
    io::{Read, Result, Seek, SeekFrom},
    time::Duration,
};

use crypto_envelope::io::ReadAt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{input::Input, report::Format, text::printable};

/// Which file of how many it is, and whether anybody wants to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    format: Format,
    file: usize,
    files: usize,
}

impl Progress {
    /// Before the first of so many files.
    pub(crate) fn new(format: Format, files: usize) -> Self {
        Self { format, file: 0, files }
    }

    pub(crate) fn next(self) -> Self {
        Self { file: self.file + 1, ..self }
    }

    /// Shows people how much of `input` was read, on standard error if that is a terminal, until
    /// the reader is dropped.
    pub(crate) fn watch(self, input: Input) -> Watched {
        let shown = self.show(&input.name(), input.length());
        Watched { input, shown }
    }

    /// Shows people, in the same way, how much was done of so many bytes.
    pub(crate) fn show(self, name: &str, length: Option<u64>) -> Shown {
        let (bar, template) = match length {
            Some(length) => (ProgressBar::new(length), WITH_LENGTH),
            None => (ProgressBar::no_length(), WITHOUT_LENGTH),
        };
        bar.set_draw_target(match self.format {
            Format::Text => ProgressDrawTarget::stderr(),
            Format::Nothing | Format::Json => ProgressDrawTarget::hidden(),
        });
        bar.set_message(self.message(name));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Shown(bar)
    }

    fn message(self, name: &str) -> String {
        let name = printable(name);
        if self.files > 1 { format!("[{}/{}] {name}", self.file, self.files) } else { name }
    }
}

/// What people see, until it is dropped.
pub(crate) struct Shown(ProgressBar);

impl Shown {
    /// So many more bytes are done.
    pub(crate) fn advance(&self, length: usize) {
        self.0.inc(length as u64);
    }

    /// So many bytes are done in all, of so many, if that is known by now.
    #[cfg(feature = "tencent-cos")]
    pub(crate) fn set(&self, done: u64, total: Option<u64>) {
        if total != self.0.length() {
            let template = if total.is_some() { WITH_LENGTH } else { WITHOUT_LENGTH };
            total.map_or_else(|| self.0.unset_length(), |total| self.0.set_length(total));
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.0.set_style(style);
            }
        }
        self.0.set_position(done);
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// An input whose reader is watched.
pub(crate) struct Watched {
    input: Input,
    shown: Shown,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = self.input.read(buffer)?;
        self.shown.advance(length);
        Ok(length)
    }
}

impl Watched {
    /// Whether it is a regular file, which keeps nobody waiting.
    pub(crate) fn is_file(&self) -> bool {
        self.input.is_file()
    }

    /// Whether it can be read at offsets.
    pub(crate) fn has_offsets(&self) -> bool {
        self.input.can_go_back()
    }
}

/// Only if it [has offsets](Watched::has_offsets).
impl ReadAt for Watched {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        let length = self.input.read_at(buffer, offset)?;
        self.shown.advance(length);
        Ok(length)
    }
}

/// Whoever goes back sees the bar go back.
impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let position = self.input.seek(to)?;
        self.shown.0.set_position(position);
        Ok(position)
    }
}

const WITH_LENGTH: &str =
    "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}";
const WITHOUT_LENGTH: &str = "{msg} {spinner} {binary_bytes} {binary_bytes_per_sec}";
