//! What a policy file extends it may only tighten: each key that loosens an earlier file is a mistake, with the
//! place of what it loosens beside it.
//!
//! Compares what is written with what is written. That an API gets the stricter posture of both files, whatever
//! selects it, is `intent`'s.

use crate::config::environments::Environment;
use crate::config::mistake;
use crate::config::settings::{Approved, Discovery, Dns, FailOn, Level, Limits, RuleSetting, Settings};
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::glob::Glob;
use crate::intent::Posture;
use crate::intent::stated::PrivateDnsStance;
use crate::order::Order;
use crate::source::{Span, Spanned};

/// The loudest severity a rule speaks with; `None` for a rule that what is extended does not know.
pub type Loudest<'a> = dyn Fn(&str) -> Option<Severity> + 'a;

/// The mistakes in `own`: what it loosens of `base`, which it extends.
pub fn loosened(base: &Settings, own: &Settings, loudest: &Loudest<'_>) -> Vec<Diagnostic> {
    let mut found = Found(Vec::new());
    postures(&mut found, base, own);
    let ranked = |fail_on: &FailOn| match fail_on {
        FailOn::Never => 0,
        FailOn::AtLeast(Severity::Error) => 1,
        FailOn::AtLeast(Severity::Warning) => 2,
        FailOn::AtLeast(Severity::Info) => 3,
    };
    found.ranked("fail-on", &base.fail_on, &own.fail_on, |word| ranked(word));
    found.ranked("persona", &base.persona, &own.persona, |word| *word as i64);
    discovery(&mut found, &base.discovery, &own.discovery);
    approved(&mut found, &base.approved, &own.approved);
    dns(&mut found, &base.dns, &own.dns);
    limits(&mut found, &base.limits, &own.limits);
    for rule in &own.rules {
        let mut stated = base.rules.iter().filter(|other| other.rule.value == rule.rule.value);
        rule_setting(&mut found, stated.next_back(), rule, loudest);
    }
    let mut found = found.0;
    found.order_by_key(|mistake| mistake.primary.span.range.start);
    found
}

struct Found(Vec<Diagnostic>);

impl Found {
    fn add(&mut self, at: Span, message: String, base: Option<Span>) {
        let help =
            "an organisation's file can only be tightened; what is needed for a while is an [[exception]]";
        let mut found = mistake(at, message, "looser than what it extends".to_owned(), Some(help.to_owned()));
        found.related.extend(base.map(|span| Label::new(span, "this cannot be loosened")));
        self.0.push(found);
    }

    /// Reports `own` when it ranks below `base`.
    fn ranked<T>(
        &mut self,
        key: &str,
        base: &Option<Spanned<T>>,
        own: &Option<Spanned<T>>,
        rank: impl Fn(&T) -> i64,
    ) {
        if let (Some(base), Some(own)) = (base, own)
            && rank(&own.value) < rank(&base.value)
        {
            self.add(own.span, format!("`{key}` loosens what this file extends"), Some(base.span));
        }
    }
}

fn postures(found: &mut Found, base: &Settings, own: &Settings) {
    for environment in &own.environments {
        let same = |other: &&Environment| other.name.value == environment.name.value;
        let stated = base.environments.iter().find(same).and_then(|other| other.body.posture.as_ref());
        if let (Some(stated), Some(posture)) = (stated, &environment.body.posture)
            && posture.value.strictness() < stated.value.strictness()
        {
            loosened_posture(found, posture, stated.span);
        }
    }
    let Some(stated) = &base.posture else { return };
    let overrides = own.overrides.iter().filter_map(|one| one.posture.as_ref());
    let environments = own.environments.iter().filter_map(|one| one.body.posture.as_ref());
    for posture in own
        .posture
        .iter()
        .chain(overrides)
        .chain(environments)
        .filter(|own| own.value.strictness() < stated.value.strictness())
    {
        loosened_posture(found, posture, stated.span);
    }
}

fn loosened_posture(found: &mut Found, posture: &Spanned<Posture>, stated: Span) {
    let word = match posture.value {
        Posture::Private => "private",
        Posture::Public => "public",
        Posture::Unset => "unset",
    };
    let message = format!("`posture = \"{word}\"` loosens what this file extends");
    found.add(posture.span, message, Some(stated));
}

fn discovery(found: &mut Found, base: &Discovery, own: &Discovery) {
    if let (Some(base), Some(own)) = (&base.exclude, &own.exclude) {
        subset(found, "exclude", base, own);
    }
    if let (Some(base), Some(own)) = (&base.include, &own.include) {
        for pattern in base.iter().filter(|one| own.iter().all(|other| other.value != one.value)) {
            let Some(first) = own.first() else { continue };
            let message =
                format!("`include` leaves out `{}`, which the file it extends includes", pattern.value);
            found.add(first.span, message, Some(pattern.span));
        }
    }
}

/// Reports entries of `own` that `base` does not cover.
fn subset(found: &mut Found, key: &str, base: &[Spanned<Glob>], own: &[Spanned<Glob>]) {
    let covered = |one: &Glob| {
        let covers = |base: &Glob| base == one || (!one.has_wildcard() && base.matches_name(one.as_str()));
        base.iter().any(|base| covers(&base.value))
    };
    for entry in own.iter().filter(|entry| !covered(&entry.value)) {
        let message = format!("`{key}` adds `{}` to what this file extends", entry.value);
        found.add(entry.span, message, base.first().map(|first| first.span));
    }
}

fn approved(found: &mut Found, base: &Approved, own: &Approved) {
    for (key, base, own) in [
        ("vpc-endpoints", &base.vpc_endpoints, &own.vpc_endpoints),
        ("vpcs", &base.vpcs, &own.vpcs),
        ("exports", &base.exports, &own.exports),
        ("ssm", &base.ssm, &own.ssm),
        ("parameters", &base.parameters, &own.parameters),
        ("accounts", &base.accounts, &own.accounts),
        ("organisations", &base.organisations, &own.organisations),
    ] {
        if let (Some(base), Some(own)) = (base, own) {
            subset(found, key, base, own);
        }
    }
}

fn dns(found: &mut Found, base: &Dns, own: &Dns) {
    if let (Some(base), Some(own)) = (&base.private_dns, &own.private_dns)
        && base.value != PrivateDnsStance::Any
        && base.value != own.value
    {
        found.add(own.span, "`private-dns` differs from what this file extends".to_owned(), Some(base.span));
    }
    found.ranked("public-api-callers", &base.public_api_callers, &own.public_api_callers, |yes| {
        i64::from(*yes)
    });
}

fn limits(found: &mut Found, base: &Limits, own: &Limits) {
    found.ranked("max-days", &base.max_days, &own.max_days, |days| -i64::from(*days));
    found.ranked("warn-days", &base.warn_days, &own.warn_days, |days| i64::from(*days));
    if let (Some(base), Some(required)) = (&base.require, &own.require) {
        for key in base.iter().filter(|key| required.iter().all(|other| other.value != key.value)) {
            let at = required.first().map(|first| first.span).or(own.span).unwrap_or(key.span);
            found.add(
                at,
                "`require` lacks a key that the file it extends requires".to_owned(),
                Some(key.span),
            );
        }
    }
}

fn rule_setting(found: &mut Found, base: Option<&RuleSetting>, own: &RuleSetting, loudest: &Loudest<'_>) {
    let rule = &own.rule.value;
    if let Some(level) = &own.level {
        let stated = base.and_then(|base| base.level.as_ref());
        let usual = loudest(rule).map(Level::At);
        let least = stated.map(|level| level.value).or(usual);
        if least.is_some_and(|least| level.value < least) {
            let message = format!("the level of `{rule}` is lower than what this file extends asks for");
            found.add(level.span, message, stated.map(|level| level.span));
        }
    }
    if let Some(allow) = own.allow_unassociated.as_ref().filter(|allow| allow.value) {
        let stated = base.and_then(|base| base.allow_unassociated.as_ref());
        if !stated.is_some_and(|stated| stated.value) {
            let message = "`allow-unassociated` loosens what this file extends".to_owned();
            found.add(allow.span, message, stated.map(|stated| stated.span));
        }
    }
}
