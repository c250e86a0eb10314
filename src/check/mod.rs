//! The one driver: texts and settings → muted, filtered, sorted diagnostics.
//!
//! It reads no file and renders nothing; whoever needs diagnostics calls it, and there is no other way to get
//! them.

pub mod judge;
pub mod merge;
pub mod muting;
pub mod readable;
pub mod settings;
pub mod summary;

use crate::check::settings::Settings;
use crate::diagnostic::{Diagnostic, Label};
use crate::rules::finding::Finding;
use crate::source::FileId;

/// Findings as they are shown: those the settings ask for, muted, about reported files, merged and sorted.
/// What is not shown mutes nothing.
pub fn finish(
    findings: Vec<Finding>,
    settings: &Settings,
    reported: impl Fn(FileId) -> bool,
) -> Vec<Diagnostic> {
    let touches = |diagnostic: &Diagnostic| {
        let places = std::iter::once(&diagnostic.primary).chain(&diagnostic.related);
        places.map(|label: &Label| label.span.file).any(&reported)
    };
    let asked = findings.into_iter().filter(|finding| settings.shows(&finding.diagnostic)).collect();
    let loud = muting::mute(asked).into_iter().map(|finding| finding.diagnostic);
    merge::merge(loud.filter(touches).collect())
}
