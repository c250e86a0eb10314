//! How often each rule spoke. Counts only; it shows no finding.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::diagnostic::{Diagnostic, RuleId, Severity};
use crate::order::Order;
use crate::report::severity_word;

/// Writes one line per rule, `count  severity  rule`, most frequent first, then by name. A rule that speaks
/// with several severities has a line for each.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, diagnostics: &[Diagnostic]) -> io::Result<()> {
    let mut counts: BTreeMap<(&RuleId, std::cmp::Reverse<Severity>), usize> = BTreeMap::new();
    for diagnostic in diagnostics {
        *counts.entry((&diagnostic.rule, std::cmp::Reverse(diagnostic.severity))).or_default() += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.order_by_key(|&(_, count)| std::cmp::Reverse(count));
    let width = rows.first().map_or(0, |(_, count)| count.to_string().len());
    for ((rule, severity), count) in rows {
        writeln!(out, "{count:>width$}  {:<7}  {rule}", severity_word(severity.0))?;
    }
    Ok(())
}
