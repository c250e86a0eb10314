//! SAM → CloudFormation.
//!
//! Templates without SAM only so far: the transform itself is not applied yet.

use std::sync::Arc;

use crate::syntax::tree::Tree;
use crate::template::bindings::Bindings;
use crate::template::document::Template;
use crate::template::lowered::{LocalFile, Lowered};

/// What CloudFormation would get from this instance of a template.
pub fn lower(template: &Template, _: &Bindings, _: &dyn Fn(&str) -> Option<Arc<Tree>>) -> Lowered {
    Lowered::plain(template)
}

/// Local files that a template names.
pub fn local_files(template: &Template) -> Vec<LocalFile> {
    let tree = &template.tree;
    let mut files = Vec::new();
    for resource in &template.resources {
        if resource.type_name == "AWS::CloudFormation::Stack"
            && let Some(node) = resource.properties.and_then(|node| tree.get(node, "TemplateURL"))
            && let Some(path) = tree.scalar(node).filter(|path| !path.contains("://"))
        {
            files.push(LocalFile { path: path.to_owned(), span: tree.span(node), node });
        }
    }
    files
}
