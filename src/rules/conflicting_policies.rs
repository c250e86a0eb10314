//! `conflicting-policies`: an API with two policies.
//!
//! Two lists in one policy are `widened-allow-list`.

use crate::diagnostic::{Confidence, Label, Persona, Severity};
use crate::exposure::model::{Api, Case, Decision, PolicySource};
use crate::exposure::twofold::{Results, Twofold};
use crate::rules::finding::{Aspect, Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, telling, words};

const ID: &str = "conflicting-policies";

/// Reports APIs with two policies, the worst of their cases; what stands in `Globals` once.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.rest_apis() {
        let worst = [Severity::Error, Severity::Warning, Severity::Info].into_iter().find_map(|severity| {
            let holds = |case: &Case| case.twofold.as_ref().is_some_and(|two| severity_of(two) == severity);
            occurrence(&api.cases, holds)
        });
        if let Some(occurrence) = worst
            && let Some(twofold) = &occurrence.state.twofold
        {
            push_shared(findings, first, finding(api, &occurrence, twofold));
        }
    }
}

fn severity_of(twofold: &Twofold) -> Severity {
    match twofold.results {
        Results::Differ { .. } => Severity::Error,
        Results::Unknown => Severity::Warning,
        Results::Same => Severity::Info,
    }
}

fn finding(api: &Api, occurrence: &Occurrence<'_>, twofold: &Twofold) -> Finding {
    let presumed = matches!(twofold.results, Results::Differ { presumed: true, .. });
    let message = match twofold.results {
        Results::Differ { .. } => "has two policies that say different things",
        Results::Unknown | Results::Same => "has two policies",
    };
    let finding = Finding::new(
        ID,
        Subject::api(api),
        severity_of(twofold),
        format!("`{}` {message}{}", api.resource, words::under(&occurrence.when)),
        Label::new(
            twofold.second.1,
            if twofold.is_appended { "appended to the other one" } else { "a second policy" },
        ),
    )
    .confidence(if presumed { Confidence::Medium } else { Confidence::High })
    .persona(if twofold.results == Results::Same { Persona::Pedantic } else { Persona::Regular })
    .occurs(occurrence)
    .related([Label::new(twofold.first.1, "the other policy")])
    .why(why(twofold))
    .notes(example(twofold))
    .notes(presumed.then(|| "assumes that what is named differently here is a different endpoint".to_owned()))
    .help("write all statements into one of them, and take the other out");
    if twofold.is_appended && twofold.lets_strangers_in {
        finding.aspect(Aspect::LetsStrangersIn)
    } else {
        finding
    }
}

fn why(twofold: &Twofold) -> String {
    let counts = if twofold.is_appended {
        "SAM appends its statements to those of the body: a call is let in when either half allows it and neither \
         refuses it"
    } else {
        "an API keeps one policy, and which of the two that is, is not documented"
    };
    let rest = match twofold.results {
        Results::Differ { .. } if twofold.is_appended => ", so neither of them alone says who may call.",
        Results::Differ { .. } => ", so who may call is left to chance.",
        Results::Unknown => "; whether both say the same is not known before deployment.",
        Results::Same => "; here both say the same, until one of them is changed.",
    };
    format!("{counts}{rest}")
}

/// A caller about whom they differ.
fn example(twofold: &Twofold) -> Option<String> {
    let Results::Differ { class, first, second, .. } = &twofold.results else { return None };
    let way = telling::way(class);
    let (one, other) = (source(twofold.first.0), source(twofold.second.0));
    let shares = (share(*first), share(*second));
    Some(format!("for example, of the calls {way}, {one} lets in {}, and {other} {}", shares.0, shares.1))
}

fn source(source: PolicySource) -> &'static str {
    match source {
        PolicySource::Property => "`Policy`",
        PolicySource::Body => "the policy of the body",
        PolicySource::Sam => "`ResourcePolicy`",
    }
}

fn share(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "all",
        Decision::Deny => "none",
        Decision::Depends => "some",
        Decision::Unknown => "an unknown number",
    }
}
