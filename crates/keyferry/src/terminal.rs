//! Questions to whoever sits at the terminal.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
};

use crate::{failure::Failure, text::printable};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
}

/// Asks on the terminal itself: the standard streams may carry data. Nothing but "y" and "yes"
/// means yes.
pub(crate) fn ask(question: &str) -> Result<Answer, Failure> {
    let nobody = |error| Failure::io("there is no terminal to ask on", &error);
    let terminal = File::options().read(true).write(true).open("/dev/tty").map_err(nobody)?;
    // In one piece: what is typed meanwhile is echoed.
    let question = format!("{} [y/N] ", printable(question));
    (&terminal).write_all(question.as_bytes()).map_err(nobody)?;
    let mut answer = String::new();
    BufReader::new(&terminal).read_line(&mut answer).map_err(nobody)?;
    Ok(match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        _ => Answer::No,
    })
}
