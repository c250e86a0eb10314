//! `policy-resource-mismatch`: a statement whose resources are no call to its API, or fewer than it is to refuse.
//!
//! Policies that are attached to roles are not looked at, and a literal API id is taken for the API's own.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::conditions::{Stated, stated};
use crate::exposure::misses::{Fault, Miss};
use crate::exposure::model::{Api, Case, Decision, EndpointType};
use crate::exposure::reasons::Because;
use crate::exposure::statements::value_at;
use crate::policy::document::Effect;
use crate::rules::finding::{Aspect, Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::policies::{ALL_CALLS, fits_everywhere, is_text};
use crate::rules::{Context, places, strangers, telling, words};
use crate::source::Span;
use crate::template::lowered::SurpriseKind;

const ID: &str = "policy-resource-mismatch";

/// Reports statements of resource policies that are about no call, about fewer than are allowed, or about a stage
/// that SAM made up.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.rest_apis() {
        let mut known: Vec<Span> = Vec::new();
        for miss in api.cases.iter().flat_map(|case| &case.misses) {
            let Some(&place) = miss.resources.first() else { continue };
            if !known.contains(&place)
                && let Some(occurrence) = occurrence(&api.cases, |case| matters(api, case, place))
            {
                known.push(place);
                findings.extend(missing(ctx, api, &occurrence, place));
            }
        }
        if known.is_empty() {
            findings.extend(narrow(ctx, api));
        }
        findings.extend(events(api));
    }
}

fn miss_at(case: &Case, place: Span) -> Option<&Miss> {
    case.misses.iter().find(|miss| miss.resources.first() == Some(&place))
}

/// Whether a statement misses the API in a case, and that is a mistake: in other cases, of another stage or region,
/// it may be what is wanted.
fn matters(api: &Api, case: &Case, place: Span) -> bool {
    let Some(miss) = miss_at(case, place) else { return false };
    let is_there =
        |case: &Case| case.policies.iter().any(|policy| value_at(&policy.document, place).is_some());
    let never_hits = api.cases.iter().all(|case| miss_at(case, place).is_some() || !is_there(case));
    never_hits || if miss.effect == Effect::Deny { is_open(case) } else { is_shut(case) }
}

/// Whether nobody gets in.
fn is_shut(case: &Case) -> bool {
    !case.callers.is_empty() && case.callers.iter().all(|caller| caller.decision == Decision::Deny)
}

/// Whether somebody whom nobody names gets in.
fn is_open(case: &Case) -> bool {
    let is_public = case.endpoint_type.is_public() == Some(true);
    let mut callers = case.callers.iter();
    strangers::is_open(case)
        || is_public && callers.any(|caller| matches!(caller.decision, Decision::Allow | Decision::Depends))
}

/// A statement that is about no call.
fn missing(ctx: &Context<'_>, api: &Api, occurrence: &Occurrence<'_>, place: Span) -> Option<Finding> {
    let case = occurrence.state;
    let miss = miss_at(case, place)?;
    let denies = miss.effect == Effect::Deny;
    let severity = if denies || is_shut(case) { Severity::Error } else { Severity::Warning };
    let verb = if denies { "refuses" } else { "allows" };
    let message = format!(
        "statement {} of the policy of `{}` {verb} no call to it{}",
        miss.statement + 1,
        api.resource,
        words::under(&occurrence.when)
    );
    let sure = miss.default_of.is_none();
    let statements = case
        .policies
        .get(miss.policy)
        .map_or(0, |policy| crate::exposure::statements::statements(&policy.document).len());
    let others = miss.resources.iter().skip(1);
    let written = case.policies.get(miss.policy).and_then(|policy| value_at(&policy.document, place));
    Some(
        Finding::new(ID, Subject::api(api), severity, message, Label::new(place, label(miss)))
            .confidence(if sure { Confidence::High } else { Confidence::Medium })
            .aspect(if denies { Aspect::Deny } else { Aspect::Whole })
            .occurs(occurrence)
            .related(others.map(|span| Label::new(*span, "nor does this")))
            .related(Some(Label::new(api.id_span, "this API")))
            .why(why(miss, is_shut(case)))
            .notes(
                miss.default_of
                    .as_ref()
                    .map(|name| format!("assumes that the parameter `{name}` keeps its default")),
            )
            .assumes(written)
            .help(help(miss, statements))
            .remedy(resources(ctx, case, miss)),
    )
}

/// The resources as they were meant where only their form is wrong, else every call.
fn resources(ctx: &Context<'_>, case: &Case, miss: &Miss) -> Option<Remedy> {
    let all = stated(case);
    let one = all.iter().find(|one| one.policy_at == miss.policy && one.at == miss.statement)?;
    let resource = one.statement.part("Resource").map(|part| &part.value)?;
    let first = *miss.resources.first()?;
    let misses = |_: &Api, case: &Case| miss_at(case, first).is_some();
    if is_text(one.policy) || !fits_everywhere(ctx, first, misses) {
        return None;
    }
    let others = || all.iter().filter(|other| other.policy_at == one.policy_at && other.at != one.at);
    let is_pair = others().count() == 1 && others().all(|other| one.effect != other.effect);
    // What is allowed anew has to be refused to others as widely.
    let is_covered = miss.effect == Effect::Deny || others().all(Stated::is_for_all_routes);
    let is_safe = is_pair && is_covered && others().all(|other| other.effect != Effect::Unknown);
    let applicability = if is_safe { Applicability::Safe } else { Applicability::Unsafe };
    let written = resource.value.as_text().filter(|_| places::literal(resource).is_some());
    let exact = written.and_then(|text| as_meant(text, miss.fault));
    let to = exact.unwrap_or_else(|| ALL_CALLS.to_owned());
    let verb = if miss.effect == Effect::Deny { "refuse" } else { "allow" };
    let title = if to == ALL_CALLS {
        format!("{verb} it for every call: write `{to}`")
    } else {
        format!("write `{to}`")
    };
    Some(Remedy { title, ..Remedy::write(applicability, resource.span, &to) })
}

/// A resource whose form alone is wrong, with the form that was meant.
fn as_meant(written: &str, fault: Fault) -> Option<String> {
    match fault {
        Fault::NoSlash => written.strip_prefix("execute-api:").map(|rest| format!("execute-api:/{rest}")),
        Fault::MethodCase => {
            let mut segments: Vec<String> = written.splitn(4, '/').map(str::to_owned).collect();
            let method = segments.get_mut(2)?;
            *method = method.to_ascii_uppercase();
            Some(segments.join("/"))
        }
        _ => None,
    }
}

fn label(miss: &Miss) -> String {
    let written = miss.written.as_deref().map(|text| format!("`{text}`"));
    let named = |text: &str| match &written {
        Some(written) => format!("{text} {written}"),
        None => format!("{text} this"),
    };
    match miss.fault {
        Fault::NoSlash => "a slash is missing behind `execute-api:`".to_owned(),
        Fault::Form => "no ARN of execute-api, and not its short form".to_owned(),
        Fault::Partition => named("the API is not in the partition"),
        Fault::Region => named("the API is not in the region"),
        Fault::Account => named("the API is not in the account"),
        Fault::Api => "the id of another API".to_owned(),
        Fault::Stage => named("the API has no stage"),
        Fault::MethodCase => "methods are compared in upper case".to_owned(),
        Fault::Method => named("no route takes the method"),
        Fault::Path => named("no route has the path"),
        Fault::Short => "ends before the path; that of the root is `/`".to_owned(),
        Fault::LeftOut => "leaves out every call there is".to_owned(),
        Fault::Several => "no call to this API has such a name".to_owned(),
    }
}

fn why(miss: &Miss, shut: bool) -> String {
    let form = match miss.fault {
        Fault::NoSlash => {
            "API Gateway puts the API's ARN in place of `execute-api:` only where a slash follows; this is compared \
             as it is."
        }
        _ => {
            "a call is named by API, stage, method and path, and a statement is about calls whose name it matches."
        }
    };
    let so = if miss.effect == Effect::Deny {
        "This one refuses nobody: whom it is to keep out gets in wherever another statement allows it."
    } else if shut {
        "This one matches none, and no other lets anybody in: every call gets 403."
    } else {
        "This one allows nothing: what it is to allow is refused unless another statement allows it."
    };
    format!("{form} {so}")
}

fn help(miss: &Miss, statements: usize) -> String {
    match miss.fault {
        Fault::MethodCase => {
            let method = miss.written.as_deref().unwrap_or_default().to_ascii_uppercase();
            format!("write the method as  {method}")
        }
        _ if statements <= 2 => "write  execute-api:/*  for every call to the API".to_owned(),
        _ => {
            "write  execute-api:/STAGE/METHOD/PATH  with what the API has, or  execute-api:/*  for every call"
                .to_owned()
        }
    }
}

/// A statement that refuses strangers for less than is allowed to everybody.
fn narrow(ctx: &Context<'_>, api: &Api) -> Option<Finding> {
    let refusing = |case: &Case| {
        let because = strangers::narrow_deny(case).filter(|because| !because.made)?;
        (strangers::is_open(case) && !strangers::only_on_stray_stage(api, case)).then_some(because.clone())
    };
    let occurrence = occurrence(&api.cases, |case| refusing(case).is_some())?;
    let case = occurrence.state;
    let because = refusing(case)?;
    let place = because.resources?;
    let open = strangers::reasons(case, true).next();
    let allowed = open.and_then(|open| open.resources).filter(|span| *span != place);
    let statement =
        because.statement.map_or_else(|| "a statement".to_owned(), |at| format!("statement {}", at + 1));
    Some(
        Finding::new(
            ID,
            Subject::api(api),
            Severity::Error,
            format!(
                "{statement} of the policy of `{}` refuses less than is allowed{}",
                api.resource,
                words::under(&occurrence.when)
            ),
            Label::new(place, "other endpoints are refused for this only"),
        )
        .aspect(Aspect::Deny)
        .occurs(&occurrence)
        .related(allowed.map(|span| Label::new(span, "allowed to everybody")))
        .related(Some(Label::new(api.id_span, "this API")))
        .why(
            "the rest is open to every VPC endpoint of the region: anyone with an AWS account can make one and call \
             it once they learn the API's id.",
        )
        .notes(strangers::stranger(case).and_then(|caller| telling::example(caller, true)))
        .help("write the same resources as in the statement that allows, such as  execute-api:/*")
        .remedy(widened(ctx, case, &because, place)),
    )
}

/// Has a statement refuse every call, not only some.
fn widened(ctx: &Context<'_>, case: &Case, because: &Because, place: Span) -> Option<Remedy> {
    let all = stated(case);
    let one = all
        .iter()
        .find(|one| !one.is_made() && one.makes(because, &all) && Some(one.at) == because.statement)?;
    let resource = one.statement.part("Resource").map(|part| &part.value)?;
    let is_private = |_: &Api, case: &Case| case.endpoint_type == EndpointType::Private;
    if is_text(one.policy)
        || resource.span.file != place.file
        || !fits_everywhere(ctx, resource.span, is_private)
    {
        return None;
    }
    let is_pair = all.len() == 2 && all.iter().filter(|other| other.effect == Effect::Allow).count() == 1;
    let applicability = if is_pair { Applicability::Safe } else { Applicability::Unsafe };
    let title = format!("refuse it for every call: write `{ALL_CALLS}`");
    Some(Remedy { title, ..Remedy::write(applicability, resource.span, ALL_CALLS) })
}

/// Lists of events that SAM writes for a stage called `Stage`.
fn events(api: &Api) -> Option<Finding> {
    let mut keys = api.surprises.iter().filter(|one| one.kind == SurpriseKind::EventPolicyNamesStage);
    let first = keys.next()?;
    let shut = api.cases.iter().any(is_shut);
    let open = api.cases.iter().any(is_open);
    let severity = if shut || open { Severity::Error } else { Severity::Warning };
    let so = if shut {
        "No statement is about the stage that is deployed: every call to it gets 403."
    } else if open {
        "On the stage that is deployed they keep nobody out."
    } else {
        "On the stage that is deployed they do nothing."
    };
    Some(
        Finding::new(
            ID,
            Subject::api(api),
            severity,
            format!("the policy lists of events of `{}` are about a stage that it is not called by", api.resource),
            Label::new(first.span, "SAM writes these for a stage named `Stage`"),
        )
        .aspect(if open { Aspect::Deny } else { Aspect::Whole })
        .related(keys.map(|one| Label::new(one.span, "these, too")))
        .related(Some(Label::new(api.id_span, "this API")))
        .why(format!(
            "where `StageName` is a function, SAM does not know the stage while it looks at events, and writes `Stage` \
             into the resources of their lists. {so}"
        ))
        .help("move the lists to  Auth: {ResourcePolicy: ...}  of the API, or write StageName as text"),
    )
}
