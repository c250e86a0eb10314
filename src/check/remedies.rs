//! Ways to mend a finding → edits of the texts.
//!
//! Applies nothing: what is chosen among them and written is decided by `fix`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::diagnostic::{Applicability, Fix};
use crate::rules::finding::{Finding, Remedy};
use crate::source::FileId;
use crate::syntax::edit::{Change, Edited, Editor};
use crate::syntax::tree::Tree;

/// Fills in the fixes of findings. A remedy that cannot be made as a small edit is left out.
pub(super) fn realise<'f>(
    findings: impl Iterator<Item = &'f mut Finding>,
    trees: &FxHashMap<FileId, Arc<Tree>>,
) {
    let mut editors: FxHashMap<FileId, Option<Editor<'_>>> = FxHashMap::default();
    for finding in findings {
        for remedy in std::mem::take(&mut finding.remedies) {
            let mut edits = |file: FileId, changes: &[Change]| {
                let editor =
                    editors.entry(file).or_insert_with(|| trees.get(&file).map(|tree| Editor::new(tree)));
                editor.as_ref()?.edits(changes)
            };
            let mut by_file: BTreeMap<FileId, Vec<Change>> = BTreeMap::new();
            for (file, change) in &remedy.changes {
                by_file.entry(*file).or_default().push(change.clone());
            }
            let edited = by_file.into_iter().map(|(file, changes)| Some((file, edits(file, &changes)?)));
            let Some(edited) = edited.collect::<Option<Vec<_>>>() else { continue };
            finding.diagnostic.fixes.push(fix(remedy, edited));
        }
    }
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
