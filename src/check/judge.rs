//! Runs the rules over a model, each by itself: a rule that panics is reported and the others still run.
//!
//! Decides nothing about who sees a finding.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::check::remedies;
use crate::check::settings::Settings;
use crate::diagnostic::{Label, RuleId, Severity};
use crate::exposure::model::ExposureModel;
use crate::intent::Intents;
use crate::rules::finding::{Finding, Subject};
use crate::rules::{Check, Context, Rule, unreadable_template};
use crate::source::{FileId, Sources, Span, TextRange};
use crate::syntax::tree::Tree;

/// What the rules found.
#[derive(Debug, Default)]
pub struct Judged {
    /// In the order of files, then rules.
    pub findings: Vec<Finding>,
    /// Findings that say which rule failed in which file.
    pub failures: Vec<Finding>,
}

/// The APIs, endpoints and refusals of one file, as indices into the model.
#[derive(Debug, Default)]
struct Facts {
    apis: Vec<usize>,
    endpoints: Vec<usize>,
    refusals: Vec<usize>,
}

/// What rules are asked about, in a whole run.
#[derive(Clone, Copy, Debug)]
pub struct Bench<'run> {
    /// The facts.
    pub model: &'run ExposureModel,
    /// What was meant.
    pub intents: &'run Intents,
    /// What the user chose.
    pub settings: &'run Settings,
    /// The texts.
    pub sources: &'run Sources,
    /// What was read from them.
    pub trees: &'run FxHashMap<FileId, Arc<Tree>>,
}

impl<'run> Bench<'run> {
    /// Asks every rule about every file that has something to judge.
    pub fn judge(&self, rules: &[Rule]) -> Judged {
        let facts = self.facts();
        let judged: Vec<Judged> =
            facts.par_iter().map(|(&file, facts)| self.judge_file(rules, file, facts)).collect();
        judged.into_iter().fold(Judged::default(), |mut all, one| {
            all.findings.extend(one.findings);
            all.failures.extend(one.failures);
            all
        })
    }

    /// Asks a rule about a file once more, as if the APIs among `without` were not there.
    pub fn judge_again(&self, rule: &Rule, file: FileId, without: &[Subject]) -> Judged {
        let mut facts = self.facts();
        let Some(mut facts) = facts.remove(&file) else { return Judged::default() };
        let apis = &self.model.apis;
        facts.apis.retain(|&index| apis.get(index).is_some_and(|api| !without.contains(&Subject::api(api))));
        self.judge_file(std::slice::from_ref(rule), file, &facts)
    }

    fn judge_file(&self, rules: &[Rule], file: FileId, facts: &Facts) -> Judged {
        let mut judged = judge_file(rules, &self.context(file, facts));
        let shown = judged.findings.iter_mut().filter(|finding| self.settings.shows(&finding.diagnostic));
        remedies::realise(shown, self.trees, self.sources);
        judged
    }

    fn context<'facts>(&self, file: FileId, facts: &'facts Facts) -> Context<'facts>
    where
        'run: 'facts,
    {
        let Bench { model, intents, settings, sources, .. } = *self;
        let Facts { apis, endpoints, refusals } = facts;
        let (options, path) = (&settings.options, settings.path(sources, file));
        Context { model, intents, options, sources, file, path, apis, endpoints, refusals }
    }

    fn facts(&self) -> BTreeMap<FileId, Facts> {
        let mut facts: BTreeMap<FileId, Facts> = BTreeMap::new();
        for (index, api) in self.model.apis.iter().enumerate() {
            facts.entry(api.file).or_default().apis.push(index);
        }
        for (index, endpoint) in self.model.endpoints.iter().enumerate() {
            facts.entry(endpoint.file).or_default().endpoints.push(index);
        }
        for (index, refused) in self.model.refusals.iter().enumerate() {
            facts.entry(refused.file).or_default().refusals.push(index);
        }
        for source in &self.model.access_sources {
            facts.entry(source.file).or_default();
        }
        for nested in &self.model.passed_lists {
            facts.entry(nested.file).or_default();
        }
        for domain in &self.model.domain_addresses {
            facts.entry(domain.file).or_default();
        }
        for stray in &self.model.strays {
            facts.entry(stray.file).or_default();
        }
        for permission in &self.model.permissions {
            facts.entry(permission.file).or_default();
        }
        for front in &self.model.fronts {
            facts.entry(front.file).or_default();
        }
        // Own rules are about these, too.
        let domains = self.model.domains.iter().map(|domain| domain.file);
        for file in domains.chain(self.model.calls.iter().map(|call| call.file)) {
            facts.entry(file).or_default();
        }
        facts
    }
}

fn judge_file(rules: &[Rule], ctx: &Context<'_>) -> Judged {
    let mut judged = Judged::default();
    for rule in rules {
        let Some(check) = &rule.check else { continue };
        match guarded(check, ctx) {
            Some(findings) => judged.findings.extend(findings),
            None => judged.failures.push(failure(&rule.id, ctx.file)),
        }
    }
    judged
}

/// What a check finds; `None` when it panics.
fn guarded(check: &Check, ctx: &Context<'_>) -> Option<Vec<Finding>> {
    // A check borrows facts and fills a list of its own, which is thrown away: nothing half-done is seen.
    catch_unwind(AssertUnwindSafe(|| {
        let mut findings = Vec::new();
        check.run(ctx, &mut findings);
        findings
    }))
    .ok()
}

fn failure(rule: &RuleId, file: FileId) -> Finding {
    defect(rule, file, format!("the rule `{rule}` failed on this file"), "the other rules have run")
}

/// The finding for a file in which reading itself failed.
pub fn unread(file: FileId) -> Finding {
    let message = "this template cannot be read: the parser failed".to_owned();
    defect(&unreadable_template::ID, file, message, "the other files have been read")
}

fn defect(rule: &RuleId, file: FileId, message: String, rest: &str) -> Finding {
    let label = Label::new(Span::new(file, TextRange::new(0, 0)), "in this file");
    let subject = Subject { file, resource: None };
    let mut finding = Finding::new("", subject, Severity::Error, message, label)
        .why(format!("this is a defect of wicketgate, not of the template; {rest}."))
        .help("report it, with the template if you can");
    finding.diagnostic.rule = rule.clone();
    finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure::model::{Api, ApiKind, ApiOrigin, Labels};

    fn always_panics(_: &Context<'_>, _: &mut Vec<Finding>) {
        panic!("a rule with a defect");
    }

    fn finds(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
        findings.extend(ctx.apis().map(|(api, _)| {
            Finding::new("finds", Subject::api(api), Severity::Info, "x", Label::new(api.id_span, ""))
        }));
    }

    #[test]
    fn a_rule_that_panics_is_named_and_the_others_run() {
        let file = FileId(0);
        let api = Api {
            file,
            resource: "A".to_owned(),
            id_span: Span::new(file, TextRange::new(0, 1)),
            kind: ApiKind::Rest,
            origin: ApiOrigin::Written,
            condition: None,
            refused: None,
            surprises: Vec::new(),
            cases: Vec::new(),
            incomplete: false,
            markers: Vec::new(),
            labels: Labels::default(),
            default_authorizer: None,
            routes: Vec::new(),
            backends: Vec::new(),
            function: None,
            unknown_endpoint_keys: Vec::new(),
            misplaced_endpoint_configuration: None,
            refuses_auth: false,
            fragment: false,
            custom_ways: Vec::new(),
        };
        let model = ExposureModel { apis: vec![api], ..ExposureModel::default() };
        let rules = [
            Rule { id: RuleId::new("panics"), check: Some(Check::BuiltIn(always_panics)) },
            Rule { id: RuleId::new("finds"), check: Some(Check::BuiltIn(finds)) },
        ];
        let judged = Bench {
            model: &model,
            intents: &Intents::default(),
            settings: &Settings::default(),
            sources: &Sources::new(),
            trees: &FxHashMap::default(),
        }
        .judge(&rules);
        let [failure] = judged.failures.as_slice() else { panic!("one failure") };
        assert_eq!(failure.diagnostic.rule.as_str(), "panics");
        assert_eq!(failure.diagnostic.primary.span.file, file);
        assert_eq!(judged.findings.len(), 1);
    }
}
