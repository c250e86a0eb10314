//! Reads `coverage.txt`: which rules report each failure of the failure catalogue, and which cases show it.
//! Checks nothing but that each line can be read.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// Failures of the catalogue, numbered from 1.
pub(crate) const FAILURES: u32 = 100;

/// One line: what shows that a rule reports a failure, or why nothing can.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// The rule, and the case below its folder: `bad/one.yaml`, or a folder `bad/several`.
    By(String, String),
    /// Why no template can show it.
    Never(String),
}

/// A line with the number of the failure.
pub(crate) type Line = (u32, Evidence);

/// Where the lines stand.
pub(crate) fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/catalogue/coverage.txt")
}

/// The lines of a text, in the order written, without comments.
pub(crate) fn read(text: &str) -> Vec<Line> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| parse(line).unwrap_or_else(|| panic!("coverage.txt: cannot read {line:?}"))).collect()
}

fn parse(line: &str) -> Option<Line> {
    let (number, rest) = line.split_once(' ')?;
    let (rule, rest) = rest.split_once(' ')?;
    let evidence = match rule {
        "-" => Evidence::Never(rest.to_owned()),
        _ if rest.contains(' ') => return None,
        _ => Evidence::By(rule.to_owned(), rest.to_owned()),
    };
    Some((number.parse().ok()?, evidence))
}

/// The rules that report a failure.
pub(crate) fn rules_of(lines: &[Line], number: u32) -> BTreeSet<&str> {
    let of_number = lines.iter().filter(|(of, _)| *of == number);
    let rules = of_number.filter_map(|(_, evidence)| match evidence {
        Evidence::By(rule, _) => Some(rule.as_str()),
        Evidence::Never(_) => None,
    });
    rules.collect()
}
