//! The keys of the policy file, table by table: one line each, with what it is for.
//!
//! Reads what is written, and nothing about what follows from it.

use crate::config::decode::Section;
use crate::config::environments::environments;
use crate::config::settings::{
    Approved, Discovery, Dns, Exception, FailOn, Level, Limits, Override, RuleSetting, Settings,
};
use crate::diagnostic::{Persona, Severity};
use crate::intent::Posture;
use crate::intent::exception::Key;
use crate::intent::stated::{PrivateDnsStance, Requirement};
use crate::source::Spanned;

/// The number that `schema` must have.
const SCHEMA: i64 = 1;

/// The rule that has the option `allow-unassociated`.
const UNASSOCIATED: &str = "missing-vpc-endpoint-ids";

/// Words for [`Posture`].
pub(super) const POSTURES: &[(&str, Posture)] =
    &[("private", Posture::Private), ("public", Posture::Public), ("unset", Posture::Unset)];

const PERSONAS: &[(&str, Persona)] =
    &[("regular", Persona::Regular), ("pedantic", Persona::Pedantic), ("auditor", Persona::Auditor)];

const FAIL_ON: &[(&str, FailOn)] = &[
    ("error", FailOn::AtLeast(Severity::Error)),
    ("warning", FailOn::AtLeast(Severity::Warning)),
    ("info", FailOn::AtLeast(Severity::Info)),
    ("never", FailOn::Never),
];

const PRIVATE_DNS: &[(&str, PrivateDnsStance)] =
    &[("off", PrivateDnsStance::Off), ("on", PrivateDnsStance::On), ("any", PrivateDnsStance::Any)];

const REQUIREMENTS: &[(&str, Requirement)] = &[("authorizer", Requirement::Authorizer)];

/// Words for [`Key`].
pub(super) const EXCEPTION_KEYS: &[(&str, Key)] =
    &[("owner", Key::Owner), ("reason", Key::Reason), ("expires", Key::Expires), ("ticket", Key::Ticket)];

const LEVELS: &[(&str, Level)] = &[
    ("error", Level::At(Severity::Error)),
    ("warning", Level::At(Severity::Warning)),
    ("info", Level::At(Severity::Info)),
    ("off", Level::Off),
];

/// Reads the whole file.
pub(super) fn file(top: &mut Section<'_, '_>) -> Settings {
    top.constant("schema", "Form of this file", SCHEMA);
    Settings {
        extends: top.texts(
            "extends",
            "Policy files that this one may only tighten, relative to its folder; they are never fetched",
        ),
        posture: top.word("posture", "What APIs are meant to be where nothing narrower says so", POSTURES),
        persona: top.word(
            "persona",
            "Who the findings are for; each sees more than the one before",
            PERSONAS,
        ),
        fail_on: top.word("fail-on", "Lowest severity that makes the exit status 1", FAIL_ON),
        own_rules: top.texts("own-rules", "Folders with the organisation's own rules, relative to this file"),
        discovery: top.table("discovery", "Which files are looked at", discovery).unwrap_or_default(),
        approved: top
            .table(
                "approved",
                "What may stand in an association, an allow-list or a policy condition",
                approved,
            )
            .unwrap_or_default(),
        dns: top.table("dns", "How the names of APIs resolve in the VPCs", dns).unwrap_or_default(),
        overrides: top.tables(
            "override",
            "What some APIs are meant to be; the narrowest wins: resource, path, environment, default",
            override_table,
        ),
        exceptions: top.tables("exception", "Findings that are accepted until a day", exception),
        limits: top.table("exceptions", "What exceptions must look like", limits).unwrap_or_default(),
        environments: environments(top),
        rules: rules(top),
    }
}

fn discovery(section: &mut Section<'_, '_>) -> Discovery {
    Discovery {
        include: section.written_globs("include", "Only templates that one of these patterns matches"),
        exclude: section.written_globs("exclude", "No template that one of these patterns matches"),
    }
}

fn approved(section: &mut Section<'_, '_>) -> Approved {
    Approved {
        accounts: section.written_globs("accounts", "Ids of accounts that are the organisation's own"),
        vpc_endpoints: section.written_globs("vpc-endpoints", "Ids of VPC endpoints"),
        vpcs: section.written_globs("vpcs", "Ids of VPCs"),
        exports: section.written_globs("exports", "Names of exports that Fn::ImportValue may name"),
        ssm: section.written_globs("ssm", "Names of SSM parameters that hold endpoints or VPCs"),
        parameters: section.written_globs("parameters", "Template parameters that hold endpoints or VPCs"),
        organisations: section
            .written_globs("organisations", "Ids of organisations (aws:PrincipalOrgID, aws:VpceOrgID)"),
    }
}

fn dns(section: &mut Section<'_, '_>) -> Dns {
    Dns {
        private_dns: section.word(
            "private-dns",
            "Whether execute-api endpoints have private DNS; off keeps public APIs reachable from the VPC",
            PRIVATE_DNS,
        ),
        public_api_callers: section
            .boolean("public-api-callers", "Whether something in the VPCs calls public execute-api URLs"),
    }
}

fn override_table(section: &mut Section<'_, '_>) -> Override {
    let read = Override {
        span: section.span(),
        paths: section.globs("paths", "Files, relative to the policy file's folder"),
        resource: section.text("resource", "Type of the resource"),
        names: section.globs("names", "Logical ids or `Name` properties"),
        tags: section.text_by_name("tags", "Tags that the resource has"),
        posture: section.word("posture", "What these APIs are meant to be", POSTURES),
        require: section
            .words("require", "What a public API must show instead", REQUIREMENTS)
            .unwrap_or_default(),
        owner: section.text("owner", "Who answers for it"),
        reason: section.text("reason", "Why"),
    };
    if !section.has_any(&["paths", "resource", "names", "tags"]) {
        section.refuse(
            "this override selects nothing",
            "say what it is for with `paths`, `resource`, `names` or `tags`; what holds for all stands at the top",
        );
    }
    if !section.has_any(&["posture", "require"]) {
        section.refuse("this override changes nothing", "say what holds with `posture` or `require`");
    }
    read
}

fn exception(section: &mut Section<'_, '_>) -> Exception {
    let read = Exception {
        span: section.span(),
        id: section.text("id", "Name of the exception"),
        rules: section.texts("rules", "The rules whose findings are accepted"),
        path: section.glob("path", "Files, relative to the policy file's folder"),
        resource: section.glob("resource", "Logical ids"),
        owner: section.text("owner", "Who answers for it"),
        reason: section.text("reason", "Why"),
        ticket: section.text("ticket", "Where it is tracked"),
        expires: section.date("expires", "The last day on which it holds"),
        fingerprint: section
            .text("fingerprint", "The exposure for which it was granted; void when that changes"),
    };
    section.require(&["rules"]);
    if section.is_empty_list("rules") {
        section.refuse("this exception names no rule", "name them: `rules = [\"public-api\"]`");
    }
    read
}

fn limits(section: &mut Section<'_, '_>) -> Limits {
    Limits {
        span: Some(section.span()),
        max_days: section.days("max-days", "How many days away `expires` may be at most"),
        warn_days: section.days("warn-days", "How many days before expiry a note appears"),
        require: section.words("require", "Keys that each exception must have", EXCEPTION_KEYS),
    }
}

fn rules(top: &mut Section<'_, '_>) -> Vec<RuleSetting> {
    let word = |level: Spanned<Level>| (Some(level), None);
    let table = |rule: &str, section: &mut Section<'_, '_>| {
        let level = section.word("level", "How loud the rule is", LEVELS);
        let describes = rule.is_empty();
        let allow = (describes || rule == UNASSOCIATED).then(|| {
            section.boolean(
                "allow-unassociated",
                "Only for missing-vpc-endpoint-ids: private APIs may be without an association",
            )
        });
        (level, allow.flatten())
    };
    let about = "How loud each rule is: a level, or a table with a level and options";
    top.words_by_name("rules", about, LEVELS, word, table)
        .into_iter()
        .map(|(rule, (level, allow_unassociated))| RuleSetting { rule, level, allow_unassociated })
        .collect()
}
