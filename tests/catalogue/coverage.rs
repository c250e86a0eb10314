//! Reads `coverage.txt`: which rules report each failure of the failure catalogue, and which cases show it.
//! Checks nothing but that each line can be read.

use std::collections::BTreeSet;

/// Failures of the catalogue, numbered from 1.
pub(crate) const FAILURES: u32 = 100;

/// One line: what shows that a rule reports a failure, or why nothing can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence<'text> {
    /// The rule, and the case below its folder: `bad/one.yaml`, or a folder `bad/several`.
    By(&'text str, &'text str),
    /// Why no template can show it.
    Never(&'text str),
}

/// The lines of `coverage.txt` with the number of the failure, in the order written.
pub(crate) fn lines() -> Vec<(u32, Evidence<'static>)> {
    let text = include_str!("coverage.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| read(line).unwrap_or_else(|| panic!("coverage.txt: cannot read {line:?}"))).collect()
}

fn read(line: &str) -> Option<(u32, Evidence<'_>)> {
    let (number, rest) = line.split_once(' ')?;
    let (rule, rest) = rest.split_once(' ')?;
    let evidence = match rule {
        "-" => Evidence::Never(rest),
        _ if rest.contains(' ') => return None,
        _ => Evidence::By(rule, rest),
    };
    Some((number.parse().ok()?, evidence))
}

/// The rules that report a failure.
pub(crate) fn rules_of(lines: &[(u32, Evidence<'static>)], number: u32) -> BTreeSet<&'static str> {
    let of_number = lines.iter().filter(|(of, _)| *of == number);
    let rules = of_number.filter_map(|(_, evidence)| match evidence {
        Evidence::By(rule, _) => Some(*rule),
        Evidence::Never(_) => None,
    });
    rules.collect()
}
