//! Ways to mend a finding → edits of the texts.
//!
//! Applies nothing: what is chosen among them and written is decided by `fix`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::config::removal;
use crate::diagnostic::{Applicability, Fix};
use crate::rules::finding::{Finding, OnlyUse, Remedy};
use crate::source::{FileId, Sources};
use crate::syntax::edit::{Change, Edited, Editor};
use crate::syntax::tree::{Entry, NodeId, Tree};

/// Fills in the fixes of findings. A remedy that cannot be made as a small edit is left out.
pub(super) fn realise<'f>(
    findings: impl Iterator<Item = &'f mut Finding>,
    trees: &FxHashMap<FileId, Arc<Tree>>,
    sources: &Sources,
) {
    let mut editors: FxHashMap<FileId, Option<Editor<'_>>> = FxHashMap::default();
    for finding in findings {
        for remedy in std::mem::take(&mut finding.remedies) {
            if remedy.only_use.as_ref().is_some_and(|only| !holds(only, trees)) {
                continue;
            }
            let mut edits = |file: FileId, changes: &[Change]| {
                let editor =
                    editors.entry(file).or_insert_with(|| trees.get(&file).map(|tree| Editor::new(tree)));
                match editor {
                    Some(editor) => editor.edits(changes),
                    None => in_policy_file(sources, file, changes),
                }
            };
            let mut by_file: BTreeMap<FileId, Vec<Change>> = BTreeMap::new();
            for (file, change) in &remedy.changes {
                by_file.entry(*file).or_default().push(change.clone());
            }
            let edited = by_file.into_iter().map(|(file, changes)| Some((file, edits(file, &changes)?)));
            let Some(edited) = edited.collect::<Option<Vec<_>>>() else { continue };
            if remedy.alone && edited.iter().any(|(_, edited)| edited.shared) {
                continue;
            }
            finding.diagnostic.fixes.push(fix(remedy, edited));
        }
    }
}

/// The edits of a policy file, from which tables are taken and nothing else.
fn in_policy_file(sources: &Sources, file: FileId, changes: &[Change]) -> Option<Edited> {
    let [Change::Remove { at }] = changes else { return None };
    removal::table(sources.get(file)?.text(), at.range)
}

/// Whether one place of the template uses the parameter, and its `AllowedValues` let it be changed.
fn holds(only: &OnlyUse, trees: &FxHashMap<FileId, Arc<Tree>>) -> bool {
    let Some((tree, root)) = trees.get(&only.file).and_then(|tree| Some((tree, tree.root()?))) else {
        return false;
    };
    let allowed = tree.get_path(root, &["Parameters", &only.parameter, "AllowedValues"]);
    let is_allowed = allowed.is_none_or(|list| {
        let mut values = tree.items(list).iter().filter_map(|&item| tree.scalar(item));
        only.given.as_deref().is_some_and(|given| values.any(|value| value == given))
    });
    is_allowed && uses(tree, root, &only.parameter) == 1
}

/// How many texts of a template may take the value of a parameter: those that are its name, as `Ref` has it, and
/// those with the name in braces.
fn uses(tree: &Tree, root: NodeId, parameter: &str) -> usize {
    let in_text = format!("${{{parameter}}}");
    let is_section = |entry: &&Entry| {
        // What declares it, and what only arranges it on the console's page.
        !matches!(tree.scalar(entry.key), Some("Parameters" | "Metadata"))
    };
    let mut open: Vec<NodeId> =
        tree.entries(root).iter().filter(is_section).map(|entry| entry.value).collect();
    let mut seen = FxHashSet::default();
    let mut found = 0;
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        found +=
            usize::from(tree.scalar(node).is_some_and(|text| text == parameter || text.contains(&in_text)));
        open.extend(tree.items(node));
        open.extend(tree.entries(node).iter().map(|entry| entry.value));
    }
    found
}

fn fix(remedy: Remedy, edited: Vec<(FileId, Edited)>) -> Fix {
    let Remedy { title, applicability, .. } = remedy;
    // A comment says something; it does not go without being asked.
    let keeps = edited.iter().all(|(_, edited)| !edited.drops_comment);
    let applicability = if keeps { applicability } else { applicability.max(Applicability::Unsafe) };
    let edits =
        edited.into_iter().flat_map(|(file, edited)| edited.edits.into_iter().map(move |edit| (file, edit)));
    Fix { title, applicability, edits: edits.collect() }
}
