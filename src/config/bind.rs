//! Environments, samconfigs, parameter files and flags → what is known about the instances of each template.
//!
//! Files are asked for by name; nothing here decides what a template does with a value.

use std::collections::BTreeMap;

use crate::config::environments::Environment;
use crate::config::files::{Files, Opened};
use crate::config::mistakes::{Mistakes, did_you_mean};
use crate::config::overrides::{self, Pair};
use crate::config::parameter_file::{self, ParameterFile};
use crate::config::samconfig::{self, SAMCONFIG_NAMES, SamEnvironment, Samconfig};
use crate::config::{ENVIRONMENT, POLICY_FILE};
use crate::diagnostic::Diagnostic;
use crate::order::Order;
use crate::source::{FileId, Span, Spanned};
use crate::template::bindings::{Binding, Bindings};
use crate::workspace::instances::Instances;
use crate::workspace::paths;

/// How many folders above a template are looked through for a samconfig that names it.
const MAX_FOLDERS: usize = 12;

/// The names that `sam` takes for the template where none is given, best first.
const USUAL_TEMPLATES: [&str; 3] = ["template.yaml", "template.yml", "template.json"];

/// A template of the run.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The template.
    pub file: FileId,
    /// Its display name.
    pub name: String,
    /// The policy file that governs it, by index.
    pub policy: Option<usize>,
    /// Whether it is reported on; mistakes in samconfigs beside others are nobody's question.
    pub reported: bool,
}

/// A policy file, as far as environments go.
#[derive(Clone, Debug)]
pub struct Policy<'a> {
    /// Its environments, those of files that it extends included.
    pub environments: &'a [Environment],
    /// Whether every template that it governs is in the run.
    pub complete: bool,
}

/// What is to be bound.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// All templates of the run.
    pub templates: &'a [Subject],
    /// The policy files of the run.
    pub policies: &'a [Policy<'a>],
    /// The environments asked for; empty: those that the policy files list.
    pub asked: &'a [String],
    /// Files of parameter values that were named, first one first.
    pub parameter_files: &'a [Opened],
    /// What the command line says about every stack; it wins over all files.
    pub flags: &'a Bindings,
}

/// What is bound.
#[derive(Debug, Default)]
pub struct Bound {
    /// The instances of each template.
    pub instances: Instances,
    /// What is wrong in files that were named: nothing may be judged.
    pub mistakes: Vec<Diagnostic>,
    /// What is wrong in samconfigs that lie beside templates; the templates are judged without them.
    pub problems: Vec<Diagnostic>,
    /// Environments that were asked for and that nobody knows.
    pub unknown: Vec<String>,
    /// The environments that are known, sorted.
    pub known: Vec<String>,
}

/// Binds every template of the run.
pub fn bind(question: &Question<'_>, files: &mut dyn Files) -> Bound {
    let mut binder = Binder {
        question,
        files,
        names: question.templates.iter().map(|template| template.name.as_str()).collect(),
        samconfigs: BTreeMap::new(),
        values: BTreeMap::new(),
        parameter_files: BTreeMap::new(),
        named: Mistakes::new(ENVIRONMENT),
        beside: Mistakes::new(ENVIRONMENT),
        ignored: Mistakes::new(ENVIRONMENT),
        bound: Bound::default(),
    };
    binder.run();
    let Binder { named, beside, mut bound, .. } = binder;
    bound.mistakes = sorted(named);
    for mistake in &mut bound.mistakes {
        if bound.instances.policies.contains(&mistake.primary.span.file) {
            mistake.rule = POLICY_FILE;
        }
    }
    bound.problems = sorted(beside);
    bound
}

fn sorted(mistakes: Mistakes) -> Vec<Diagnostic> {
    let mut found = mistakes.found;
    found.order_by_key(|mistake| mistake.primary.span);
    found.dedup();
    found
}

struct Binder<'a> {
    question: &'a Question<'a>,
    files: &'a mut dyn Files,
    /// Display names of the templates of the run.
    names: std::collections::BTreeSet<&'a str>,
    samconfigs: BTreeMap<FileId, (String, Samconfig)>,
    /// Parameter values by samconfig and environment.
    values: BTreeMap<(FileId, String), Vec<Pair>>,
    parameter_files: BTreeMap<FileId, (String, ParameterFile)>,
    /// Mistakes in files that were named.
    named: Mistakes,
    /// Mistakes in files that were found beside templates which are reported on.
    beside: Mistakes,
    /// Mistakes in files that were found beside other templates.
    ignored: Mistakes,
    bound: Bound,
}

/// How a samconfig came to be read.
#[derive(Clone, Copy)]
enum Found {
    /// The policy file names it.
    Named,
    /// It lies beside a template that is reported on.
    Beside,
    /// It lies beside another template.
    Ignored,
}

/// A samconfig that was chosen for a template.
struct Chosen {
    file: FileId,
    environment: SamEnvironment,
    /// Whether it is about this template alone, so that its stack's name is known.
    alone: bool,
}

impl Binder<'_> {
    fn run(&mut self) {
        let question = self.question;
        for opened in question.parameter_files {
            self.parameter_file(opened);
            self.expect(opened.id);
            self.bound.instances.named.push(opened.id);
        }
        for policy in question.policies {
            self.policy(policy);
        }
        for name in question.flags.parameters.keys() {
            self.bound.instances.expected.push((name.clone(), None));
        }
        let mut known: Vec<String> = question
            .policies
            .iter()
            .flat_map(|policy| policy.environments)
            .map(|environment| environment.name.value.clone())
            .collect();
        let reported = |reported: bool| question.templates.iter().filter(move |one| one.reported == reported);
        for template in reported(true).chain(reported(false)) {
            let instances = self.instances(template);
            self.bound.instances.set(template.file, instances);
        }
        for (_, samconfig) in self.samconfigs.values() {
            known.extend(samconfig.environments.iter().map(|environment| environment.name.value.clone()));
        }
        known.order();
        known.dedup();
        self.bound.unknown = question.asked.iter().filter(|name| !known.contains(name)).cloned().collect();
        self.bound.known = known;
    }

    /// Reads what the environments of a policy file name, so that mistakes in it are told once and in any case.
    fn policy(&mut self, policy: &Policy<'_>) {
        for environment in policy.environments {
            let naming = environment.name.span.file;
            self.bound.instances.policies.push(naming);
            if let Some(name) = &environment.body.stack_name {
                self.bound.instances.stack_names.push((environment.name.value.clone(), name.clone()));
            }
            if let Some(file) = &environment.body.parameters
                && let Some(opened) = self.open(naming, file)
            {
                self.bound.instances.named.push(opened.id);
                self.parameter_file(&opened);
                if policy.complete {
                    self.expect(opened.id);
                }
            }
            if let Some(choice) = &environment.body.samconfig
                && let Some(file) = &choice.file
                && let Some(opened) = self.open(naming, file)
            {
                self.bound.instances.named.push(opened.id);
                self.samconfig(&opened, Found::Named);
                let known = self.samconfigs.get(&opened.id).map(|(_, samconfig)| samconfig);
                let env = choice.env.as_ref().unwrap_or(&environment.name);
                if let Some(samconfig) = known.filter(|samconfig| !samconfig.environments.is_empty())
                    && samconfig.environment(&env.value).is_none()
                {
                    let names = samconfig.environments.iter().map(|known| known.name.value.as_str());
                    let label = did_you_mean(&env.value, names.clone());
                    let help = format!("environments there: {}", names.collect::<Vec<_>>().join(", "));
                    let message = format!("`{}` has no environment `{}`", opened.name, env.value);
                    self.named.add(env.span, message, label, Some(help));
                }
            }
            if policy.complete {
                let names = environment.body.overrides.iter();
                let expected = names.map(|(name, _)| (name.value.clone(), Some(name.span)));
                self.bound.instances.expected.extend(expected);
            }
        }
    }

    /// Takes note that some template has to declare what a parameter file gives values to.
    fn expect(&mut self, file: FileId) {
        if let Some((_, content)) = self.parameter_files.get(&file).filter(|(_, file)| !file.may_say_more) {
            let expected = content.names.iter().map(|name| (name.value.clone(), Some(name.span)));
            self.bound.instances.expected.extend(expected);
        }
    }

    /// A file that the policy file names; a mistake where there is none.
    fn open(&mut self, policy: FileId, file: &Spanned<String>) -> Option<Opened> {
        let opened = self.files.beside(policy, &file.value);
        if opened.is_none() {
            let message = format!("there is no file `{}` to read", file.value);
            let help = "paths are relative to the policy file and stay inside the repository".to_owned();
            self.named.add(file.span, message, String::new(), Some(help));
        }
        opened
    }

    fn parameter_file(&mut self, opened: &Opened) {
        if !self.parameter_files.contains_key(&opened.id) {
            let content = parameter_file::read(opened.id, &opened.name, &opened.text, &mut self.named);
            self.parameter_files.insert(opened.id, (opened.name.clone(), content));
        }
    }

    /// Reads a samconfig once.
    fn samconfig(&mut self, opened: &Opened, found: Found) {
        if !self.samconfigs.contains_key(&opened.id) {
            let mistakes = match found {
                Found::Named => &mut self.named,
                Found::Beside => &mut self.beside,
                Found::Ignored => &mut self.ignored,
            };
            let content = samconfig::read(opened.id, &opened.name, &opened.text, mistakes);
            self.samconfigs.insert(opened.id, (opened.name.clone(), content));
        }
    }

    fn instances(&mut self, template: &Subject) -> Vec<Bindings> {
        let question = self.question;
        let policy = template.policy.and_then(|index| question.policies.get(index));
        let listed = policy.map_or(&[][..], |policy| policy.environments);
        let mut instances = Vec::new();
        if question.asked.is_empty() {
            for environment in listed {
                instances.push(self.in_policy(environment, template));
            }
        }
        for name in question.asked {
            match listed.iter().find(|environment| environment.name.value == *name) {
                Some(environment) => instances.push(self.in_policy(environment, template)),
                None => instances.extend(self.in_samconfig(name, template)),
            }
        }
        if instances.is_empty() {
            instances.push(Bindings::default());
        }
        for bindings in &mut instances {
            self.add_flags(bindings, template);
        }
        instances
    }

    /// What an environment of the policy file says about a template.
    fn in_policy(&mut self, environment: &Environment, template: &Subject) -> Bindings {
        let mut bindings =
            Bindings { environment: Some(environment.name.value.clone()), ..Bindings::default() };
        if let Some(choice) = &environment.body.samconfig {
            let env = &choice.env.as_ref().unwrap_or(&environment.name).value;
            let chosen = match &choice.file {
                Some(file) => {
                    let opened = self.files.beside(environment.name.span.file, &file.value);
                    opened.and_then(|opened| self.chosen(opened.id, env, template, true))
                }
                None => self.beside_template(env, template),
            };
            if let Some(chosen) = chosen {
                self.add_samconfig(&mut bindings, chosen, template);
            }
        }
        if let Some(file) = &environment.body.parameters
            && let Some(opened) = self.files.beside(environment.name.span.file, &file.value)
        {
            self.add_file(&mut bindings, opened.id, template);
        }
        add(&mut bindings, environment.body.overrides.iter().map(|(name, value)| (&name.value, value)));
        let text = |value: &Option<Spanned<String>>| value.as_ref().map(|value| value.value.clone());
        bindings.region = text(&environment.body.region).or(bindings.region);
        bindings.stack_name = text(&environment.body.stack_name).or(bindings.stack_name);
        bindings.account = text(&environment.body.account);
        let values = environment.body.values.iter();
        bindings.known = values.map(|(key, value)| (key.value.clone(), value.value.clone())).collect();
        bindings
    }

    /// What the samconfig that belongs to a template says about it; `None` without such an environment.
    fn in_samconfig(&mut self, name: &str, template: &Subject) -> Option<Bindings> {
        let chosen = self.beside_template(name, template)?;
        let mut bindings = Bindings { environment: Some(name.to_owned()), ..Bindings::default() };
        self.add_samconfig(&mut bindings, chosen, template);
        Some(bindings)
    }

    /// The nearest samconfig that belongs to a template and has the environment.
    fn beside_template(&mut self, name: &str, template: &Subject) -> Option<Chosen> {
        for above in 0..MAX_FOLDERS {
            let folder = "../".repeat(above);
            let found = SAMCONFIG_NAMES
                .iter()
                .find_map(|file| self.files.beside(template.file, &format!("{folder}{file}")));
            let Some(opened) = found else { continue };
            self.samconfig(&opened, if template.reported { Found::Beside } else { Found::Ignored });
            let chosen = self.chosen(opened.id, name, template, above == 0);
            if chosen.is_some() {
                return chosen;
            }
        }
        None
    }

    /// The environment of a samconfig if that is about the template. One that names no template, or one that is not
    /// there (what a build makes), is about the templates beside it, of which `sam` takes the one with the usual name.
    fn chosen(&mut self, file: FileId, name: &str, template: &Subject, is_beside: bool) -> Option<Chosen> {
        let (samconfig_name, samconfig) = self.samconfigs.get(&file)?;
        let environment = samconfig.environment(name)?.clone();
        let named = environment.template.as_ref();
        let named = named.filter(|path| self.files.beside(file, &path.value).is_some());
        let named = named.and_then(|path| paths::beside(samconfig_name, &path.value));
        let alone = match named {
            Some(path) if path == template.name => true,
            Some(_) => return None,
            None => {
                let folder = |name: &str| name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
                if !is_beside || folder(samconfig_name) != folder(&template.name) {
                    return None;
                }
                let beside = |name: &str| paths::beside(samconfig_name, name);
                let usual = USUAL_TEMPLATES.iter().filter_map(|name| beside(name));
                match usual.into_iter().find(|path| self.names.contains(path.as_str())) {
                    Some(path) if path != template.name => return None,
                    Some(_) => true,
                    None => {
                        self.names.iter().filter(|name| folder(name) == folder(&template.name)).count() == 1
                    }
                }
            }
        };
        Some(Chosen { file, environment, alone })
    }

    fn add_samconfig(&mut self, bindings: &mut Bindings, chosen: Chosen, template: &Subject) {
        let Chosen { file, environment, alone } = chosen;
        let key = (file, environment.name.value);
        if !self.values.contains_key(&key) {
            let is_named = self.bound.instances.named.contains(&file);
            let mistakes = match (is_named, template.reported) {
                (true, _) => &mut self.named,
                (false, true) => &mut self.beside,
                (false, false) => &mut self.ignored,
            };
            let written = environment.overrides.as_ref();
            let pairs = written.map_or_else(Vec::new, |data| overrides::read(data, self.files, mistakes));
            self.values.insert(key.clone(), pairs);
        }
        let pairs = self.values.get(&key).map_or(&[][..], Vec::as_slice);
        add(bindings, pairs.iter().map(|(name, value)| (name, value)));
        bindings.region = environment.region.map(|region| region.value);
        bindings.stack_name = environment.stack_name.filter(|_| alone).map(|name| name.value);
    }

    /// Adds the values of a parameter file, if it is for this template.
    fn add_file(&self, bindings: &mut Bindings, file: FileId, template: &Subject) {
        let Some((name, content)) = self.parameter_files.get(&file) else { return };
        if content.template.as_ref().is_none_or(|path| self.is_for(name, &path.value, template)) {
            add(bindings, content.pairs.iter().map(|(name, value)| (name, value)));
        }
    }

    /// Whether `path`, written from the root of the repository in the file called `naming`, is the template. The root
    /// is the outermost folder around that file in which there is such a template.
    fn is_for(&self, naming: &str, path: &str, template: &Subject) -> bool {
        let candidates = (0..MAX_FOLDERS)
            .rev()
            .filter_map(|above| paths::beside(naming, &format!("{}{path}", "../".repeat(above))));
        let meant = candidates.into_iter().find(|name| self.names.contains(name.as_str()));
        meant.as_deref() == Some(template.name.as_str())
    }

    fn add_flags(&self, bindings: &mut Bindings, template: &Subject) {
        for opened in self.question.parameter_files {
            self.add_file(bindings, opened.id, template);
        }
        let flags = self.question.flags;
        for (name, value) in &flags.parameters {
            bindings.parameters.insert(name.clone(), value.clone());
        }
        bindings.region = flags.region.clone().or(bindings.region.take());
        bindings.account = flags.account.clone().or(bindings.account.take());
        bindings.stack_name = flags.stack_name.clone().or(bindings.stack_name.take());
    }
}

fn add<'v>(bindings: &mut Bindings, values: impl Iterator<Item = (&'v String, &'v Spanned<String>)>) {
    for (name, Spanned { value, span }) in values {
        let span: Option<Span> = Some(*span);
        bindings.parameters.insert(name.clone(), Binding::Text { text: value.clone(), span });
    }
}
