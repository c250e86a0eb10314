//! The template that the transforms before SAM leave behind: local files in place of `AWS::Include`, loops of
//! `AWS::LanguageExtensions` run.
//!
//! Whether a transform is declared is not asked: without it CloudFormation refuses the functions, and nothing is
//! exposed. SAM is `sam`'s; the bodies of its APIs get their files there.

pub(crate) mod includes;
mod loops;

use std::collections::BTreeSet;
use std::sync::Arc;

use memchr::memmem;

use crate::syntax::tree::Tree;
use crate::template::bindings::Bindings;
use crate::template::document::Template;

/// What is known about the instance of a template that is expanded.
#[derive(Clone, Copy, Debug)]
pub struct Known<'run> {
    /// Its parameter values, region and so on. A parameter without value has its default.
    pub bindings: &'run Bindings,
    /// Parameters that are given something which is not known yet: their defaults do not count.
    pub open: &'run BTreeSet<String>,
}

/// A template with its files put in and its loops run; `None` when it has neither.
///
/// `files` gives the tree of a local file by the path as the template writes it; `None` when it is not available.
/// Its content then stays unknown, as do things made by a loop over something that is not known.
pub fn expand(
    template: &Template,
    known: Known<'_>,
    files: &dyn Fn(&str) -> Option<Arc<Tree>>,
) -> Option<Template> {
    let text = template.tree.text().as_bytes();
    let mentions = |word: &str| memmem::find(text, word.as_bytes()).is_some();
    let included = if mentions("AWS::Include") { includes::put_in(template, files) } else { None };
    if included.is_none() && !mentions("Fn::ForEach::") {
        return None;
    }
    let looped = loops::run(included.as_ref().unwrap_or(template), known);
    looped.or(included)
}
