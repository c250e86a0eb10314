//! One line on the terminal while a run takes long. Never when standard error is no terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Runs shorter than this show nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows what is being done, from [`PATIENCE`] on until it is dropped.
pub(super) struct Progress {
    shown: Option<(Sender<String>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts with a first phrase. Nothing is shown, and no thread started, when `quiet` or without a terminal.
    pub(super) fn start(quiet: bool, phrase: &str) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Self { shown: None };
        }
        let (sender, receiver) = channel::<String>();
        let mut phrase = phrase.to_owned();
        let thread = std::thread::spawn(move || {
            let mut shown = false;
            loop {
                match receiver.recv_timeout(PATIENCE) {
                    Ok(next) => phrase = next,
                    Err(RecvTimeoutError::Timeout) => {
                        shown = true;
                        let _ = write!(io::stderr().lock(), "\r\x1b[Kwicketgate: {phrase}…");
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            if shown {
                let _ = write!(io::stderr().lock(), "\r\x1b[K");
            }
        });
        Self { shown: Some((sender, thread)) }
    }

    /// Changes the phrase.
    pub(super) fn say(&self, phrase: impl FnOnce() -> String) {
        if let Some((sender, _)) = &self.shown {
            let _ = sender.send(phrase());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.shown.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}
