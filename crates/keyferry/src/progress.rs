//! How far it has come, on a terminal.

use std::{io::Read, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{input::Input, report::Format};

/// Shows people how much of `input` was read, on standard error if that is a terminal, until the
/// reader is dropped.
pub(crate) fn watch(input: Input, format: Format) -> impl Read {
    let (bar, template) = match input.length() {
        Some(length) => (ProgressBar::new(length), WITH_LENGTH),
        None => (ProgressBar::no_length(), WITHOUT_LENGTH),
    };
    bar.set_draw_target(match format {
        Format::Text => ProgressDrawTarget::stderr(),
        Format::Nothing | Format::Json => ProgressDrawTarget::hidden(),
    });
    bar.set_message(crate::text::printable(&input.name()));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    Watched { reader: bar.wrap_read(input), bar }
}

struct Watched<R> {
    reader: R,
    bar: ProgressBar,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl<R> Drop for Watched<R> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

const WITH_LENGTH: &str =
    "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}";
const WITHOUT_LENGTH: &str = "{msg} {spinner} {binary_bytes} {binary_bytes_per_sec}";
