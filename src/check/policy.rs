//! Policy files → settings of a run: several layers become one, an organisation's before a repository's.
//!
//! The layers are without mistakes and none loosens an earlier one; that is looked at before.

use crate::check::settings::Settings;
use crate::config;
use crate::config::settings::{Approved, RuleSetting};
use crate::diagnostic::RuleId;
use crate::glob::Glob;
use crate::intent::exception::{Effect, Exception, Limits, Scope};
use crate::intent::stated::{self, Stated};
use crate::source::Spanned;

/// The settings that policy files make, the first one being what the others extend.
pub fn settings(layers: &[config::Settings]) -> Settings {
    let mut settings = Settings::default();
    for (index, layer) in layers.iter().enumerate() {
        let is_shared = index + 1 < layers.len();
        settings.exceptions.extend(layer.exceptions.iter().map(|written| exception(written, is_shared)));
        limit(&mut settings.limits, &layer.limits);
        settings.decisions.parties.push(decisions(layer));
        approve(&mut settings.options.approved, &layer.approved);
        let dns = &mut settings.options.dns;
        dns.private_dns = layer.dns.private_dns.as_ref().map(|word| word.value).or(dns.private_dns);
        let callers = layer.dns.public_api_callers.as_ref().map(|word| word.value);
        dns.public_api_callers = callers.or(dns.public_api_callers);
        settings.persona = layer.persona.as_ref().map_or(settings.persona, |word| word.value);
        for rule in &layer.rules {
            set_rule(&mut settings, rule);
        }
    }
    settings.decisions.parties.retain(|party| *party != Stated::default());
    settings
}

fn set_rule(settings: &mut Settings, rule: &RuleSetting) {
    if let Some(level) = &rule.level {
        settings.levels.insert(RuleId::owned(rule.rule.value.clone()), level.value);
    }
    if let Some(allow) = &rule.allow_unassociated {
        settings.options.allow_unassociated = allow.value;
    }
}

fn exception(written: &config::settings::Exception, is_shared: bool) -> Exception {
    let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
    Exception {
        id: text(&written.id),
        effect: Effect::Ignores(written.rules.clone()),
        scope: Scope::Patterns {
            path: written.path.as_ref().map(|glob| glob.value.clone()),
            resource: written.resource.as_ref().map(|glob| glob.value.clone()),
        },
        owner: text(&written.owner),
        reason: text(&written.reason),
        ticket: text(&written.ticket),
        expires: written.expires.clone(),
        fingerprint: written.fingerprint.clone(),
        span: written.span,
        whole: written.span,
        is_shared,
        mistakes: Vec::new(),
    }
}

fn limit(limits: &mut Limits, written: &config::settings::Limits) {
    limits.max_days = written.max_days.as_ref().map(|days| days.value).or(limits.max_days);
    limits.warn_days = written.warn_days.as_ref().map_or(limits.warn_days, |days| days.value);
    if let Some(require) = &written.require {
        limits.require = require.iter().map(|key| key.value).collect();
    }
}

fn decisions(layer: &config::Settings) -> Stated {
    let overrides = layer.overrides.iter().map(|one| stated::Override {
        paths: globs(&one.paths),
        resource: one.resource.as_ref().map(|name| name.value.clone()),
        names: globs(&one.names),
        tags: one
            .tags
            .iter()
            .map(|(key, value)| (key.value.clone(), Glob::new(value.value.clone())))
            .collect(),
        posture: one.posture.as_ref().map(|word| word.value),
        require: one.require.iter().map(|word| word.value).collect(),
    });
    Stated {
        posture: layer.posture.as_ref().map(|word| word.value),
        environments: layer
            .environments
            .iter()
            .filter_map(|one| Some((one.name.value.clone(), one.body.posture.as_ref()?.value)))
            .collect(),
        overrides: overrides.collect(),
    }
}

/// A list that a later layer writes stands for the one of the earlier layers, of which it is a part.
fn approve(approved: &mut stated::Approved, layer: &Approved) {
    for (list, written) in [
        (&mut approved.vpc_endpoints, &layer.vpc_endpoints),
        (&mut approved.vpcs, &layer.vpcs),
        (&mut approved.exports, &layer.exports),
        (&mut approved.ssm, &layer.ssm),
        (&mut approved.parameters, &layer.parameters),
        (&mut approved.accounts, &layer.accounts),
        (&mut approved.organisations, &layer.organisations),
    ] {
        if let Some(written) = written {
            *list = globs(written);
        }
    }
}

fn globs(written: &[Spanned<Glob>]) -> Vec<Glob> {
    written.iter().map(|glob| glob.value.clone()).collect()
}
