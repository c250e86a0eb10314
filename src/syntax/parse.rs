//! Text → [`Tree`]: chooses the notation and hands the text to its reader.
//!
//! Returns what could be read together with the errors; it never fails as a whole and reads no scalar's
//! meaning.

use std::sync::Arc;

use crate::source::{FileId, Span, TextRange};
use crate::syntax::build::Builder;
use crate::syntax::limits::MAX_TEXT_BYTES;
use crate::syntax::place;
use crate::syntax::tree::{Format, Tree};
use crate::syntax::{json, yaml};

/// Why a text is not (wholly) readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The place of the error: inside the text, on character boundaries, and on something visible unless the
    /// text has nothing visible.
    pub span: Span,
    /// What is wrong, one line, no full stop.
    pub message: String,
    /// A second place that belongs to the error, with a phrase; for example the first of two equal keys.
    pub related: Option<(Span, String)>,
}

/// A tree and what was wrong with the text.
#[derive(Debug)]
pub struct Parsed {
    /// What could be read. Where an error ended the reading, the collections open there are closed, so what
    /// stands before the error is in the tree.
    pub tree: Tree,
    /// In written order, at most [`crate::syntax::limits::MAX_ERRORS`] and one more that says so.
    pub errors: Vec<SyntaxError>,
    /// Whether the tree holds the whole text: no error ended the reading. True beside errors that leave the
    /// structure clear, such as equal keys and unknown aliases.
    pub whole: bool,
}

/// Reads `text`, which holds one document in YAML or JSON.
///
/// A text whose first visible character is `{` or `[` is tried as strict JSON first and as YAML if it is not
/// that, as the AWS command line does (`awscli/customizations/cloudformation/yamlhelper.py`, 2026-11).
pub fn parse(file: FileId, text: &Arc<str>) -> Parsed {
    if text.len() > MAX_TEXT_BYTES {
        return too_large(file, text);
    }
    let content = text.trim_start_matches('\u{feff}').trim_start();
    if content.starts_with(['{', '[']) { parse_flow(file, text) } else { parse_yaml(file, text) }
}

fn too_large(file: FileId, text: &Arc<str>) -> Parsed {
    let range = place::visible(text, 0);
    let message = format!("this file has more than {} MiB and is not read", MAX_TEXT_BYTES >> 20);
    let error = SyntaxError { span: Span::new(file, range), message, related: None };
    Parsed { tree: Tree::new(file, Format::Yaml, Arc::clone(text)), errors: vec![error], whole: false }
}

fn parse_yaml(file: FileId, text: &Arc<str>) -> Parsed {
    let mut builder = Builder::new(file, Format::Yaml, text);
    if !yaml::read(&mut builder, text) {
        builder.cut();
    }
    builder.finish()
}

/// A text that starts with `{` or `[`. When neither notation can read it, the error of the notation that the
/// author seems to have meant is the useful one.
fn parse_flow(file: FileId, text: &Arc<str>) -> Parsed {
    let mut builder = Builder::new(file, Format::Json, text);
    let Err(fault) = json::read(&mut builder, text) else { return builder.finish() };
    let meant = fault.meant;
    let wrong_json = |mut builder: Builder<'_>| {
        builder.fault(fault.fault);
        builder.cut();
        builder.finish()
    };
    if meant == json::Meant::Json {
        return wrong_json(builder);
    }
    let mut yaml_builder = Builder::new(file, Format::Yaml, text);
    let whole = yaml::read(&mut yaml_builder, text);
    if !whole && meant != json::Meant::Yaml {
        return wrong_json(builder);
    }
    if !whole {
        yaml_builder.cut();
    }
    yaml_builder.finish()
}

/// Narrows byte offsets; texts are capped far below `u32::MAX` before anything is read.
pub(super) fn range(start: usize, end: usize) -> TextRange {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    TextRange::new(narrow(start), narrow(end))
}
