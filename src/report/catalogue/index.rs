//! The overview of all rules, `docs/rules/index.md`: one table for each group of the catalogue.
//!
//! What a rule means stands on its own page, not here.

use std::fmt::Write as _;

use crate::answer::catalogue::Page;
use crate::report::catalogue::{fix_word, persona_word};
use crate::report::severity_word;

/// The groups in the order of the overview, each with what its rules are about.
pub const GROUPS: [(&str, &str); 8] = [
    ("exposure", "Who can call an API, a function URL or a domain at all."),
    (
        "endpoint",
        "The endpoint type of an API, where it is written, and the VPC endpoints that private APIs need.",
    ),
    ("association", "Which VPC endpoints an API is tied to."),
    ("policy", "Resource policies, the allow-lists of SAM, and the exceptions that you wrote."),
    ("dns", "Private DNS: which names work inside a VPC."),
    ("domain", "Custom domain names and what they lead to."),
    ("consumers", "Callers in the templates: the addresses they use, and where they stand."),
    ("template", "Templates that cannot be read, or that the SAM transform refuses or misreads."),
];

const HEAD: &str = "\
# Rules

<!-- Made from rules/*.yaml. Change those files, then run the tests with WICKETGATE_BLESS=1. -->

";

const LEGEND: &str = "\
- **Severity** is what the rule says when nothing else is known. The posture, and what the template itself
  says, may raise or lower it; the page of the rule says when.
- **Shown to**: everybody sees the rules for `regular`; `--persona pedantic` adds advice, and `--persona auditor` adds what
  could not be decided.
- **Fix**: `safe` fixes are made by `wicketgate check --fix`, `unsafe` ones only with `--unsafe-fixes` too, because they may
  break a deployment or change who has access. Not every finding of the rule needs to have one.

`wicketgate explain RULE` prints the same pages offline, and `wicketgate rules` the list. A rule is made louder, quieter or
silent in [the policy file](../policy-file.md); an organisation can add [rules of its own](../own-rules.md).
";

/// The overview of these rules, in Markdown.
pub fn index(pages: &[Page]) -> String {
    let mut text =
        format!("{HEAD}{} rules in {} groups. One root cause is one finding.\n\n", pages.len(), GROUPS.len());
    text += LEGEND;
    for (group, about) in GROUPS {
        let _ = write!(
            text,
            "\n## {group}\n\n{about}\n\n| Rule | What is wrong | Severity | Shown to | Fix |\n|---|---|---|---|---|\n"
        );
        for page in pages.iter().filter(|page| page.group == group) {
            let _ = writeln!(
                text,
                "| [{id}]({id}.md) | {title} | {severity} | {persona} | {fix} |",
                id = page.id,
                title = page.title,
                severity = severity_word(page.severity),
                persona = persona_word(page.persona),
                fix = match fix_word(page.fix) {
                    "none" => "–",
                    word => word,
                },
            );
        }
    }
    text
}
