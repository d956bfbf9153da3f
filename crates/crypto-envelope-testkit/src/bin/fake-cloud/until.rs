//! When to end.

use std::{
    io,
    sync::mpsc::{self, Receiver},
    thread,
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

/// The end of standard input, SIGINT or SIGTERM, whichever is first.
pub(crate) struct ToldToEnd(Receiver<()>);

/// Begins to listen for it.
pub(crate) fn told_to_end() -> io::Result<ToldToEnd> {
    let (by_signal, told) = mpsc::channel();
    let by_input = by_signal.clone();
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    // The receiver is gone only when the program ends, and so is what they would say.
    thread::spawn(move || {
        signals.forever().next();
        let _ = by_signal.send(());
    });
    thread::spawn(move || {
        // An error is an end as well.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = by_input.send(());
    });
    Ok(ToldToEnd(told))
}

impl ToldToEnd {
    pub(crate) fn wait(self) {
        let _ = self.0.recv();
    }
}
