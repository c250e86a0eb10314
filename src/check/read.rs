//! Texts → trees and templates: parses every file once, and asks for the files that templates name.
//!
//! Touches no file itself; it is handed a function that reads.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::check::readable;
use crate::rules::unreadable_template::Problem;
use crate::source::{FileId, SourceFile, Sources, Span, TextRange};
use crate::syntax::parse::{Parsed, parse};
use crate::template::document::Template;
use crate::template::sam;
use crate::workspace::Inputs;
use crate::workspace::instances::Instances;
use crate::workspace::{assembly, paths};

/// Most files that are read because templates name them.
const MAX_NAMED_FILES: usize = 10_000;

/// Reads the file that the file of this display name names by this relative path.
pub type ReadLocal<'run> = dyn FnMut(&str, &str) -> Option<SourceFile> + 'run;

/// What reading gave.
#[derive(Debug, Default)]
pub struct Read {
    /// What a workspace is linked from.
    pub inputs: Inputs,
    /// What is wrong with the texts of the run, by file; at least one problem each.
    pub problems: BTreeMap<FileId, Vec<Problem>>,
    /// Files in which reading itself failed: a defect of ours.
    pub failures: Vec<FileId>,
}

/// Parses `files` and, round by round, the local files that their templates name. The latter are added to
/// `sources`; what is wrong in them is not reported, because nobody named them.
pub fn read(
    sources: &mut Sources,
    files: &[FileId],
    instances: &Instances,
    read_local: &mut ReadLocal<'_>,
) -> Read {
    let mut result = Read::default();
    result.inputs.instances = instances.clone();
    let mut pending: Vec<FileId> = files.to_vec();
    let mut named = false;
    while !pending.is_empty() {
        for (&file, parsed) in pending.iter().zip(parse_all(sources, &pending)) {
            match parsed {
                Some(parsed) => add(&mut result, sources, file, parsed, named),
                None => result.failures.push(file),
            }
        }
        read_manifests(&mut result.inputs, sources, &pending, read_local);
        pending = named_files(&result.inputs, sources, &pending, read_local);
        named = true;
    }
    result
}

/// Parses files side by side; `None` for one in which the parser itself fails.
fn parse_all(sources: &Sources, files: &[FileId]) -> Vec<Option<Parsed>> {
    let one = |&file: &FileId| {
        let text = sources.get(file)?.shared_text();
        // A parser borrows the text and gives back a tree of its own: nothing half-done is seen.
        catch_unwind(AssertUnwindSafe(|| parse(file, &text))).ok()
    };
    files.par_iter().map(one).collect()
}

fn add(result: &mut Read, sources: &Sources, file: FileId, parsed: Parsed, named: bool) {
    let name = sources.name(file);
    result.inputs.names.entry(name.to_owned()).or_insert(file);
    result.inputs.files.insert(file, name.to_owned());
    let tree = Arc::new(parsed.tree);
    result.inputs.trees.insert(file, Arc::clone(&tree));
    if let Some(template) = Template::read(tree).filter(is_template) {
        result.inputs.templates.insert(file, Arc::new(template));
    }
    let text = sources.get(file).map_or("", SourceFile::text);
    if named || parsed.errors.is_empty() || readable::is_generated_from(text) {
        return;
    }
    let problems = parsed.errors.into_iter().map(|error| Problem {
        span: error.span,
        message: error.message,
        related: error.related,
    });
    result.problems.insert(file, problems.collect());
}

/// Whether a mapping holds anything that CloudFormation would create or hand on.
fn is_template(template: &Template) -> bool {
    !template.resources.is_empty() || !template.loops.is_empty() || !template.outputs.is_empty()
}

/// Reads what the templates among `files` name and nobody has read yet.
fn named_files(
    inputs: &Inputs,
    sources: &mut Sources,
    files: &[FileId],
    read_local: &mut ReadLocal<'_>,
) -> Vec<FileId> {
    let mut found = Vec::new();
    let mut asked: FxHashMap<String, ()> = FxHashMap::default();
    for template in files.iter().filter_map(|file| inputs.templates.get(file)) {
        let naming = sources.name(template.file).to_owned();
        for local in sam::local_files(template) {
            let Some(name) = paths::beside(&naming, &local.path) else { continue };
            let known = inputs.names.contains_key(&name) || asked.insert(name.clone(), ()).is_some();
            if known || inputs.trees.len() + found.len() >= files.len() + MAX_NAMED_FILES {
                continue;
            }
            found.extend(read_local(&naming, &local.path).map(|file| sources.add(file)));
        }
    }
    found
}

/// Reads the manifests of CDK apps that stand beside templates among `files`.
fn read_manifests(
    inputs: &mut Inputs,
    sources: &mut Sources,
    files: &[FileId],
    read_local: &mut ReadLocal<'_>,
) {
    let mut folders: Vec<(String, String)> = Vec::new();
    for &file in files.iter().filter(|file| inputs.templates.contains_key(*file)) {
        let name = sources.name(file);
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        if name.ends_with(assembly::TEMPLATE_ENDING) && !folders.iter().any(|(known, _)| known == folder) {
            folders.push((folder.to_owned(), name.to_owned()));
        }
    }
    for (_, template) in folders {
        let Some(manifest) = read_local(&template, assembly::MANIFEST) else { continue };
        let file = sources.add(manifest);
        let Some(Some(parsed)) = parse_all(sources, &[file]).pop() else { continue };
        for stack in assembly::stacks(&parsed.tree) {
            let name = paths::beside(&template, &stack.template);
            if let Some(&file) = name.and_then(|name| inputs.names.get(&name)) {
                inputs.assembled.insert(file, stack);
            }
        }
    }
}

/// The problem of a text that was loaded but cannot be judged.
pub fn whole_file_problem(file: FileId, range: TextRange, message: &str) -> Problem {
    Problem { span: Span::new(file, range), message: message.to_owned(), related: None }
}
