//! SAM → CloudFormation, as aws-sam-translator 1.115.0 does it, for everything that touches exposure.
//!
//! Own code after observed behaviour and the translator's source; what it does by accident is done here too
//! and recorded as a surprise. Evaluates no condition and resolves no intrinsic beyond what the translator
//! itself inlines.

mod api;
mod auth;
mod authorizers;
mod checks;
mod connectors;
mod cors;
mod domain;
mod domain_parts;
mod domain_v2;
mod endpoint;
mod event_auth;
mod event_checks;
mod events;
mod function;
mod function_checks;
mod globals;
mod http_api;
mod http_events;
mod identifier;
mod implicit;
mod list_items;
mod local_files;
mod lowering;
mod nodes;
mod openapi;
mod others;
mod parameters;
mod policy_lists;
mod policy_templates;
mod resource_policy;
mod schema;
mod schema_events;
mod websocket;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::syntax::tree::Tree;
use crate::template::bindings::Bindings;
use crate::template::document::Template;
use crate::template::expand::{Known, expand};
use crate::template::lowered::{LocalFile, Lowered};
use crate::template::sam::lowering::Lowering;

/// What CloudFormation would get from this instance of a template.
///
/// `files` gives the tree of a local file by the path as the template writes it; `None` when it is not
/// available. A refused template is lowered as far as it goes.
pub fn lower(template: &Template, bindings: &Bindings, files: &dyn Fn(&str) -> Option<Arc<Tree>>) -> Lowered {
    let mut lowering = Lowering::new(template, bindings, files);
    lowering.read_bodies();
    if !template.is_sam() {
        return lowering.finish();
    }
    checks::check_template(&mut lowering);
    globals::check(&mut lowering);
    implicit::default_bodies(&mut lowering);
    implicit::add_paths(&mut lowering, &implicit::REST);
    implicit::add_paths(&mut lowering, &implicit::HTTP);
    globals::merge(&mut lowering);
    implicit::set_openapi_version(&mut lowering);
    function::lower_all(&mut lowering);
    api::lower_all(&mut lowering);
    http_api::lower_all(&mut lowering);
    websocket::lower_all(&mut lowering);
    others::lower_all(&mut lowering);
    connectors::check_all(&mut lowering);
    lowering.finish()
}

/// Local files that a template names: definitions, nested templates, `AWS::Include`. Those that loops name are
/// found where the parameters' defaults lead to them.
pub fn local_files(template: &Template) -> Vec<LocalFile> {
    let mut files = local_files::local_files(template);
    if template.loops.is_empty() {
        return files;
    }
    let known = Known { bindings: &Bindings::default(), open: &BTreeSet::new() };
    let in_loops = expand(template, known, &|_| None).map(|expanded| local_files::local_files(&expanded));
    for file in in_loops.unwrap_or_default() {
        if !files.iter().any(|known| known.path == file.path) {
            files.push(file);
        }
    }
    files
}

/// Local files whose content `AWS::Include` puts into a template: parts of it, no templates of their own.
pub fn included_files(template: &Template) -> Vec<LocalFile> {
    local_files::included(template)
}
