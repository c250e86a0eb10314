//! Policy files: which one governs a file, what it extends, and what they say together.
//!
//! What the keys mean is `config`'s; what they make of a run is `check`'s.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::args::PolicyArgs;
use crate::cli::failure::Failure;
use crate::config::settings::Discovery;
use crate::config::tighten::loosened;
use crate::config::{self, Settings, mistake};
use crate::diagnostic::{Diagnostic, Severity};
use crate::load;
use crate::rules::metadata::{self, SeverityWord};
use crate::source::{FileId, SourceFile, Sources, Spanned};

/// How many files a policy file may extend, one through the other.
const MOST_LAYERS: usize = 16;

/// Files of configuration that are among the sources.
#[derive(Default)]
pub(super) struct Known {
    ids: BTreeMap<String, FileId>,
    /// Those that were read in this pass: what is wrong with them has been told.
    read: BTreeSet<FileId>,
}

impl Known {
    /// The id of a file, which is added to the sources unless it is there, and whether this pass reads it for the
    /// first time. What the sources say counts: it may have been mended since it was read.
    pub(super) fn enter(&mut self, sources: &mut Sources, file: SourceFile) -> (FileId, bool) {
        let name = file.name().to_owned();
        let id = *self.ids.entry(name).or_insert_with(|| sources.add(file));
        (id, self.read.insert(id))
    }

    /// Begins another pass over the same files.
    pub(super) fn begin(&mut self) {
        self.read.clear();
    }
}

/// A policy file with what it extends.
#[derive(Default)]
pub(super) struct Chain {
    /// What the files say, an extended one before the one that extends it.
    pub(super) layers: Vec<Settings>,
}

/// Reads a policy file and what it extends into `sources`. What is wrong is added to `mistakes`, once for each
/// file: `known` says which have been read. What depends on the organisation's own rules is not looked at: the names
/// of rules, and whether a file loosens what it extends.
pub(super) fn read_chain(
    sources: &mut Sources,
    working: &Path,
    path: &Path,
    known: &mut Known,
    mistakes: &mut Vec<Diagnostic>,
) -> Result<Chain, Failure> {
    let source = load::read_policy(working, path, config::SIZE_LIMIT as u64)?;
    let mut reader = Reader { sources, working, known, mistakes, open: Vec::new(), chain: Chain::default() };
    reader.add(path, source);
    Ok(reader.chain)
}

impl Chain {
    /// What each file loosens of those it extends. `own` is the severity of an organisation's rule, if a file up
    /// to this place among the layers brings it.
    pub(super) fn loosened(&self, own: impl Fn(usize, &str) -> Option<Severity>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            for (place, base) in self.layers.iter().enumerate().take(index) {
                found.extend(loosened(base, layer, &|rule| loudest(rule).or_else(|| own(place, rule))));
            }
        }
        found
    }
}

/// The loudest severity of a built-in rule.
fn loudest(rule: &str) -> Option<Severity> {
    let metadata = metadata::load(rule)?;
    let words = metadata.severity_changes.keys().chain(std::iter::once(&metadata.severity));
    words
        .map(|word| match word {
            SeverityWord::Error => Severity::Error,
            SeverityWord::Warning => Severity::Warning,
            SeverityWord::Info => Severity::Info,
        })
        .max()
}

struct Reader<'a> {
    sources: &'a mut Sources,
    working: &'a Path,
    known: &'a mut Known,
    mistakes: &'a mut Vec<Diagnostic>,
    /// Files whose reading has begun and not ended.
    open: Vec<PathBuf>,
    chain: Chain,
}

impl Reader<'_> {
    fn add(&mut self, path: &Path, source: SourceFile) {
        let (id, is_new) = self.known.enter(self.sources, source);
        let text = self.sources.get(id).map(SourceFile::shared_text).unwrap_or_default();
        let (settings, found) = config::read(id, &text);
        if is_new {
            self.mistakes.extend(found);
        }
        self.open.push(path.to_path_buf());
        for named in &settings.extends {
            self.extend(path, named);
        }
        self.open.pop();
        self.chain.layers.push(settings);
    }

    fn extend(&mut self, path: &Path, named: &Spanned<String>) {
        let refuse = |why: &str| {
            mistake(named.span, format!("`{}` cannot be extended", named.value), why.to_owned(), None)
        };
        let found = load::named_by_policy(self.working, path, &named.value);
        let outcome = match &found {
            Err(why) => Err(refuse(why)),
            Ok(found) if self.open.contains(found) => Err(refuse("it extends this file itself")),
            Ok(_) if self.chain.layers.len() + self.open.len() >= MOST_LAYERS => {
                Err(refuse(&format!("more than {MOST_LAYERS} files extend each other")))
            }
            Ok(found) => load::read_policy(self.working, found, config::SIZE_LIMIT as u64)
                .map(|source| (found, source))
                .map_err(|error| refuse(&error.to_string())),
        };
        match outcome {
            Ok((found, source)) => self.add(found, source),
            Err(mistake) => self.mistakes.push(mistake),
        }
    }
}

/// Tells which files are looked at, as the policy files that govern them say. Files are read when they are first
/// needed; what is wrong with them is told later, when they are read in earnest.
pub(super) struct Discoverer<'a> {
    working: &'a Path,
    policy: &'a PolicyArgs,
    /// What governs the files of a folder, by folder.
    known: RefCell<BTreeMap<PathBuf, Option<PathBuf>>>,
    /// What a policy file and those it extends say about discovery.
    read: RefCell<BTreeMap<PathBuf, Said>>,
}

/// What policy files say about discovery.
#[derive(Default)]
struct Said {
    discovery: Vec<Discovery>,
    /// Folders of own rules, each behind the file that names it: examples lie in them.
    own_rules: Vec<(String, String)>,
}

impl<'a> Discoverer<'a> {
    pub(super) fn new(working: &'a Path, policy: &'a PolicyArgs) -> Self {
        Self { working, policy, known: RefCell::default(), read: RefCell::default() }
    }

    /// Whether the file at this absolute path is looked at.
    pub(super) fn wants(&self, file: &Path) -> bool {
        let Some(policy) = self.governing(file) else { return true };
        let mut read = self.read.borrow_mut();
        let said = read.entry(policy.clone()).or_insert_with(|| self.said(&policy));
        let is_example =
            |(naming, folder): &(String, String)| load::is_example(self.working, naming, folder, file);
        if said.own_rules.iter().any(is_example) {
            return false;
        }
        if said.discovery.is_empty() {
            return true;
        }
        let path = load::path_for_policy(self.working, &policy, file);
        said.discovery.iter().all(|discovery| discovery.wants(&path))
    }

    fn said(&self, policy: &Path) -> Said {
        let mut sources = Sources::new();
        let chain = read_chain(&mut sources, self.working, policy, &mut Known::default(), &mut Vec::new());
        let mut said = Said::default();
        for layer in chain.map(|chain| chain.layers).unwrap_or_default() {
            let folders = layer.own_rules.into_iter();
            said.own_rules
                .extend(folders.map(|folder| (sources.name(folder.span.file).to_owned(), folder.value)));
            said.discovery.extend(Some(layer.discovery).filter(|one| *one != Discovery::default()));
        }
        said
    }

    fn governing(&self, file: &Path) -> Option<PathBuf> {
        if self.policy.isolated {
            return None;
        }
        if let Some(config) = &self.policy.config {
            return Some(config.clone());
        }
        let folder = file.parent()?;
        let mut known = self.known.borrow_mut();
        known
            .entry(folder.to_path_buf())
            .or_insert_with_key(|folder| load::policy_for_folder(self.working, folder))
            .clone()
    }
}
