//! The organisation's own rules: found by the policy file, read, and their examples run (`rules test`).
//!
//! What a rule file may say is not known here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::check::examples;
use crate::cli::args::{ColorChoice, RulesPolicyArgs};
use crate::cli::failure::{Failure, Status};
use crate::cli::output::{note, to_stdout, wants_color, width};
use crate::cli::policy::{Chain, Known, read_chain};
use crate::config;
use crate::diagnostic::{Diagnostic, RuleId};
use crate::load::{self, RuleFolderError};
use crate::report::text::{self, Colour, TextOptions};
use crate::rules::metadata;
use crate::rules::own::example::{Case, Input};
use crate::rules::own::{self, OwnRule};
use crate::source::{SourceFile, Sources, Spanned};

/// Said after mistakes when nothing was done because of them.
pub(super) const BAD_RULES: &str =
    "wicketgate: the policy file or an own rule has mistakes; nothing was done";

/// The rules of a policy file.
pub(super) struct Found {
    pub(super) sources: Sources,
    pub(super) rules: Vec<Arc<OwnRule>>,
    /// With these, no rule may be used.
    pub(super) mistakes: Vec<Diagnostic>,
    working: PathBuf,
    /// Whether there is a policy file.
    has_policy: bool,
}

/// The rules that the policy file of the working directory names.
pub(super) fn here(policy: &RulesPolicyArgs) -> Result<Found, Failure> {
    let working = std::env::current_dir().map_err(Failure::WorkingDirectory)?;
    let path = match &policy.config {
        Some(path) => Some(path.clone()),
        None if policy.isolated => None,
        None => load::policy_for_folder(&working, Path::new("")),
    };
    let mut found = Found {
        sources: Sources::new(),
        rules: Vec::new(),
        mistakes: Vec::new(),
        working,
        has_policy: path.is_some(),
    };
    if let Some(path) = path {
        let mut known = Known::default();
        let chain = read_chain(&mut found.sources, &found.working, &path, &mut known, &mut found.mistakes)?;
        found.rules = load(&mut found.sources, &found.working, &chain, &mut known, &mut found.mistakes)?;
    }
    Ok(found)
}

/// Reads the rules that policy files name, and looks at what depends on which rules there are. What is wrong is
/// added to `mistakes`, once for each file: `known` says which have been read.
pub(super) fn load(
    sources: &mut Sources,
    working: &Path,
    chain: &Chain,
    known: &mut Known,
    mistakes: &mut Vec<Diagnostic>,
) -> Result<Vec<Arc<OwnRule>>, Failure> {
    let mut reader = Reader { sources, working, known, mistakes, rules: Vec::new(), is_whole: true };
    for (layer, settings) in chain.layers.iter().enumerate() {
        for folder in &settings.own_rules {
            reader.folder(layer, folder)?;
        }
    }
    let Reader { rules, is_whole, .. } = reader;
    let (layers, rules): (Vec<usize>, Vec<OwnRule>) = rules.into_iter().unzip();
    mistakes.extend(own::duplicates(&rules));
    mistakes.extend(chain.loosened(|layer, rule| {
        let brought = rules.iter().zip(&layers).find(|(own, _)| own.id.as_str() == rule);
        brought.filter(|(_, by)| **by <= layer).map(|(own, _)| own.severity)
    }));
    // While some rules cannot be read, nobody knows which there are.
    if is_whole {
        let mut ids: Vec<&str> = metadata::ids().map(RuleId::as_str).collect();
        ids.extend(rules.iter().map(|rule| rule.id.as_str()));
        mistakes.extend(chain.layers.iter().flat_map(|layer| config::unknown_rules(layer, &ids)));
    }
    Ok(rules.into_iter().map(Arc::new).collect())
}

struct Reader<'a> {
    sources: &'a mut Sources,
    working: &'a Path,
    known: &'a mut Known,
    mistakes: &'a mut Vec<Diagnostic>,
    /// Each with the place of the policy file that names it.
    rules: Vec<(usize, OwnRule)>,
    /// Whether every rule could be read.
    is_whole: bool,
}

impl Reader<'_> {
    fn folder(&mut self, layer: usize, folder: &Spanned<String>) -> Result<(), Failure> {
        let naming = self.sources.name(folder.span.file).to_owned();
        match load::rule_files(self.working, &naming, &folder.value, metadata::SIZE_LIMIT) {
            Ok(files) => files.into_iter().for_each(|file| self.file(layer, file)),
            Err(RuleFolderError::Load(error)) => return Err(error.into()),
            Err(error) => {
                let message = format!("`own-rules` cannot be `{}`", folder.value);
                self.mistakes.push(config::mistake(folder.span, message, error.to_string(), None));
                self.is_whole = false;
            }
        }
        Ok(())
    }

    fn file(&mut self, layer: usize, file: SourceFile) {
        let text = file.shared_text();
        let (id, is_new) = self.known.enter(self.sources, file);
        if self.rules.iter().any(|(_, rule)| rule.file() == id) {
            // Two policy files name one folder.
            return;
        }
        match own::read(id, &text) {
            Ok(rule) => self.rules.push((layer, rule)),
            Err(found) => {
                self.is_whole = false;
                self.mistakes.extend(found.into_iter().filter(|_| is_new));
            }
        }
    }
}

/// Runs the examples of the own rules: 0 when each is as its author expects, else 1.
pub(super) fn test(policy: &RulesPolicyArgs) -> Result<Status, Failure> {
    let found = here(policy)?;
    if !found.mistakes.is_empty() {
        return show_mistakes(&found);
    }
    let cases: Vec<(&Arc<OwnRule>, &Case)> =
        found.rules.iter().flat_map(|rule| rule.examples.iter().map(move |case| (rule, case))).collect();
    let wrong: Vec<Diagnostic> =
        cases.par_iter().filter_map(|(rule, case)| run(&found, rule, case)).collect();
    show(&wrong, &found.sources)?;
    if found.rules.is_empty() {
        let why = if found.has_policy { "`own-rules` is empty" } else { "there is no wicketgate.toml" };
        note(&format!("wicketgate: no own rules: {why}"));
        return Ok(Status::Clean);
    }
    let passed = cases.len() - wrong.len();
    let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    note(&format!(
        "{}, {}: {passed} passed, {} failed",
        counted(found.rules.len(), "own rule"),
        counted(cases.len(), "example"),
        wrong.len()
    ));
    Ok(if wrong.is_empty() { Status::Clean } else { Status::Findings })
}

fn run(found: &Found, rule: &Arc<OwnRule>, case: &Case) -> Option<Diagnostic> {
    match &case.input {
        Input::Texts(texts) => examples::run(rule, case, texts),
        Input::Path(path) => {
            let naming = found.sources.name(rule.file());
            examples::run(rule, case, &load::example(&found.working, naming, path))
        }
    }
}

/// Prints the mistakes of rules that cannot be used.
pub(super) fn show_mistakes(found: &Found) -> Result<Status, Failure> {
    show(&found.mistakes, &found.sources)?;
    note(BAD_RULES);
    Ok(Status::Failed)
}

fn show(diagnostics: &[Diagnostic], sources: &Sources) -> Result<(), Failure> {
    let colour = if wants_color(ColorChoice::Auto, false) { Colour::Always } else { Colour::Never };
    to_stdout(|out| text::write(out, diagnostics, sources, &TextOptions { colour, width: width() }))
}
