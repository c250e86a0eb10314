//! The catalogue: metadata, pages under `docs/rules` and fixtures match one to one, and say what they must.
//! Set `WICKETGATE_BLESS=1` to rewrite the pages, then read them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what should be there")]

#[path = "catalogue/coverage.rs"]
mod coverage;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use coverage::Evidence;
use wicketgate::answer::catalogue::{Page, page, pages};
use wicketgate::check::muting::pairs;
use wicketgate::report::catalogue::index::{GROUPS, index};
use wicketgate::report::catalogue::{Shown, markdown, write_json, write_list, write_page};
use wicketgate::rules::RULES;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn blessing() -> bool {
    std::env::var_os("WICKETGATE_BLESS").is_some()
}

/// Names of the files of a folder with this ending, the ending left out.
fn stems(folder: &str, ending: &str) -> BTreeSet<String> {
    fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
        .collect()
}

fn ids() -> BTreeSet<String> {
    pages().into_iter().map(|page| page.id).collect()
}

fn expect(path: &Path, actual: &str) {
    if blessing() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, actual).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(actual, expected, "{} is stale", path.display());
}

/// The first bad fixture, by name, that is one YAML file and has its finding beside it.
fn first_fixture(id: &str) -> Option<(String, String)> {
    let folder = root().join("fixtures").join(id).join("bad");
    let mut findings: Vec<PathBuf> = fs::read_dir(folder)
        .ok()?
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .collect();
    findings.sort();
    findings.into_iter().find_map(|path| {
        let template = fs::read_to_string(path.with_extension("yaml")).ok()?;
        Some((template, fs::read_to_string(path).unwrap()))
    })
}

#[test]
fn pages_are_fresh() {
    for page in pages() {
        let fixture = first_fixture(&page.id);
        let shown = fixture.as_ref().map(|(template, finding)| Shown { template, finding });
        let text = markdown(&page, shown);
        assert!(!text.lines().any(|line| line.ends_with(' ')), "{}", page.id);
        expect(&root().join("docs/rules").join(format!("{}.md", page.id)), &text);
    }
}

#[test]
fn the_overview_is_fresh_and_whole() {
    let pages = pages();
    let text = index(&pages);
    for page in &pages {
        assert!(text.contains(&format!("| [{id}]({id}.md) |", id = page.id)), "{}: {}", page.id, page.group);
    }
    for (group, about) in GROUPS {
        assert!(pages.iter().any(|page| page.group == group), "no rule is in the group {group}");
        assert!(about.ends_with('.') && !about.contains('\n'), "{group}: {about}");
    }
    expect(&root().join("docs/rules/index.md"), &text);
}

#[test]
fn metadata_pages_and_fixtures_are_partners() {
    let ids = ids();
    assert_eq!(stems("rules", ".yaml"), ids, "rules/*.yaml and the list in src/rules/metadata.rs");
    let mut documented = stems("docs/rules", ".md");
    assert!(documented.remove("index"), "docs/rules/index.md");
    assert_eq!(documented, ids, "rules/*.yaml and docs/rules/*.md");
    for folder in stems("fixtures", "") {
        let is_rule = !folder.starts_with('_') && folder != "article";
        assert!(!is_rule || ids.contains(&folder), "fixtures/{folder} belongs to no rule");
    }
}

#[test]
fn every_rule_has_its_check_and_its_place_in_the_order() {
    let described: Vec<String> = pages().into_iter().map(|page| page.id).collect();
    let registered: Vec<String> = RULES.iter().map(|rule| rule.id.to_string()).collect();
    assert_eq!(described, registered, "src/rules/metadata.rs and src/rules/mod.rs");
}

#[test]
fn what_is_muted_is_what_the_pages_say() {
    let done: BTreeSet<(String, String)> =
        pairs().map(|(by, muted)| (by.to_owned(), muted.to_owned())).collect();
    let said: BTreeSet<(String, String)> = pages()
        .iter()
        .flat_map(|page| page.mutes.iter().map(|muted| (page.id.clone(), muted.clone())))
        .collect();
    assert_eq!(done, said, "src/check/muting.rs and `mutes` in rules/*.yaml");
}

#[test]
fn names_and_titles_follow_the_habits() {
    for page in pages() {
        let id = &page.id;
        assert!(
            id.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase())),
            "{id} is kebab-case without numbers"
        );
        for word in ["error", "warning", "info"] {
            assert!(!id.split('-').any(|part| part == word), "{id} names a severity");
        }
        assert!(!page.title.ends_with('.') && page.title.len() <= 72, "{id}: {}", page.title);
        assert!(page.title.starts_with(|c: char| c.is_uppercase()), "{id}: {}", page.title);
        for sentence in [&page.what, &page.why] {
            assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{id}: {sentence}");
        }
        assert!(page.why.len() >= 100 && !page.flags.is_empty() && !page.not.is_empty(), "{id}");
        assert!(!page.remedies.is_empty() && page.bad != page.good, "{id}");
        for item in page.flags.iter().chain(&page.not) {
            assert!(!item.ends_with('.') && !item.contains('\n'), "{id}: {item}");
        }
        let whens = page.severity_changes.iter().map(|(_, when)| when);
        for when in whens.chain(page.confidence_changes.iter().map(|(_, when)| when)) {
            assert!(
                !when.starts_with("when") && !when.ends_with('.') && !when.contains('\n'),
                "{id}: {when}"
            );
        }
        assert!(!page.severity_changes.iter().any(|(severity, _)| *severity == page.severity), "{id}");
    }
}

#[test]
fn every_claim_has_a_page() {
    for page in pages() {
        assert!(page.references.len() >= 2, "{}", page.id);
        for (claim, url) in &page.references {
            assert!(claim.ends_with('.') && claim.len() > 20, "{}: {claim}", page.id);
            let address = url.strip_prefix("https://").unwrap();
            assert!(address.contains('/') && !address.contains(char::is_whitespace), "{}: {url}", page.id);
        }
        let urls: BTreeSet<&str> = page.references.iter().map(|(_, url)| url.as_str()).collect();
        assert_eq!(urls.len(), page.references.len(), "{}: an address stands twice", page.id);
    }
}

#[test]
fn muting_is_told_from_both_sides() {
    let all = pages();
    let find = |id: &str| -> &Page {
        all.iter().find(|page| page.id == id).unwrap_or_else(|| panic!("no rule {id}"))
    };
    for page in &all {
        for muted in page.mutes.iter().filter(|id| *id != "*") {
            assert!(
                find(muted).muted_by.contains(&page.id),
                "{muted} does not say that {} mutes it",
                page.id
            );
        }
        for muting in &page.muted_by {
            assert!(find(muting).mutes.contains(&page.id), "{muting} does not say that it mutes {}", page.id);
        }
    }
}

#[test]
fn explain_and_rules_print_the_catalogue() {
    let mut out = Vec::new();
    write_page(&mut out, &page("private-dns-blocks-public-apis").unwrap(), 112).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 112 || line.contains("https://")), "{text}");
    expect(&root().join("fixtures/_report/explain.txt"), &text);
    let mut out = Vec::new();
    write_list(&mut out, &pages()).unwrap();
    expect(&root().join("fixtures/_report/rules.txt"), std::str::from_utf8(&out).unwrap());
    let mut out = Vec::new();
    write_json(&mut out, &pages()).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(document["schema"], "wicketgate.rules/1");
    let listed: BTreeSet<String> = document["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, ids());
    assert_eq!(document["rules"][0]["severity"], "warning");
}

/// What is wrong with the case that a line of `coverage.txt` names: it must be there, and its picture must
/// show a finding of the rule.
fn fault_of_case(rule: &str, case: &str) -> Option<&'static str> {
    if !ids().contains(rule) {
        return Some("there is no such rule");
    }
    let path = root().join("fixtures").join(rule).join(case);
    if !case.starts_with("bad/") || !path.exists() {
        return Some("there is no such case");
    }
    let picture = if path.is_dir() { path.join("expected.txt") } else { path.with_extension("txt") };
    let finding = format!("[{rule}]: ");
    let shows = fs::read_to_string(picture).is_ok_and(|shown| shown.contains(&finding));
    (!shows).then_some("its picture has no finding of the rule")
}

/// The lines of `coverage.txt`; blessing sorts them and leaves out what stands twice.
fn covered() -> Vec<coverage::Line> {
    let written = fs::read_to_string(coverage::path()).unwrap();
    let (comments, lines): (Vec<&str>, Vec<&str>) =
        written.lines().filter(|line| !line.is_empty()).partition(|line| line.starts_with('#'));
    let mut lines: Vec<(coverage::Line, &str)> = coverage::read(&written).into_iter().zip(lines).collect();
    lines.sort();
    lines.dedup();
    let ordered = comments.into_iter().chain(lines.iter().map(|(_, line)| *line));
    expect(&coverage::path(), &(ordered.collect::<Vec<_>>().join("\n") + "\n"));
    lines.into_iter().map(|(line, _)| line).collect()
}

#[test]
fn every_failure_of_the_catalogue_has_a_case_that_shows_it() {
    let lines = covered();
    let mut wrong = Vec::new();
    for (number, evidence) in &lines {
        if !(1..=coverage::FAILURES).contains(number) {
            wrong.push(format!("{number} is no failure of the catalogue"));
        }
        match evidence {
            Evidence::By(rule, case) => {
                let fault = fault_of_case(rule, case);
                wrong.extend(fault.map(|fault| format!("{number} {rule} {case}: {fault}")));
            }
            Evidence::Never(reason) if reason.len() < 20 => wrong.push(format!("{number} - {reason}: why?")),
            Evidence::Never(_) => {}
        }
    }
    for number in 1..=coverage::FAILURES {
        let shown = !coverage::rules_of(&lines, number).is_empty();
        let never =
            lines.iter().any(|(of, evidence)| *of == number && matches!(evidence, Evidence::Never(_)));
        match (shown, never) {
            (true, true) => wrong.push(format!("{number} is shown, and said to be impossible to show")),
            (false, false) => wrong.push(format!("nothing shows failure {number}")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "tests/catalogue/coverage.txt:\n{}", wrong.join("\n"));
}
