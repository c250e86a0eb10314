//! `# wicketgate: ignore[public-api] until=2027-03-31 owner=payments: partner webhook` → an exception.
//!
//! Reads the words of a comment and which line it is for; what it hides is not known here.

use crate::intent::date::Date;
use crate::intent::exception::{Effect, Exception, Scope};
use crate::source::{LineIndex, Span, Spanned, TextRange};
use crate::syntax::tree::Tree;

const PREFIX: &str = "wicketgate:";

/// The exceptions in the comments of a text.
pub(super) fn find(tree: &Tree, lines: &LineIndex) -> Vec<Exception> {
    tree.comments().iter().filter_map(|comment| read(tree, lines, comment.range)).collect()
}

fn read(tree: &Tree, lines: &LineIndex, range: TextRange) -> Option<Exception> {
    let text = tree.text().get(range.as_usize())?;
    let body = text.trim_start_matches('#').trim_start();
    let said = body.strip_prefix(PREFIX)?;
    let span = Span::new(tree.file(), range);
    let line = line_meant(tree, lines, range);
    let mut reader = Reader { span, at: text.len() - said.len(), text };
    let whole =
        Span::new(span.file, TextRange::new(span.range.start, span.range.start + size(text.trim_end())));
    let mut exception = Exception {
        id: None,
        effect: Effect::Ignores(Vec::new()),
        scope: Scope::Line { file: tree.file(), line },
        owner: None,
        reason: None,
        ticket: None,
        expires: None,
        fingerprint: None,
        span: whole,
        whole,
        is_shared: false,
        mistakes: Vec::new(),
    };
    if let Err(mistake) = reader.fill(&mut exception) {
        exception.mistakes.push(mistake);
    }
    Some(exception)
}

/// The line that a comment is for: its own, or the next one with something on it if it has a line for itself.
fn line_meant(tree: &Tree, lines: &LineIndex, range: TextRange) -> u32 {
    let own = lines.line_of(range.start);
    let content = |line: u32| {
        let start = lines.start_of(line)? as usize;
        let end = lines.start_of(line + 1).map_or(tree.text().len(), |end| end as usize);
        tree.text().get(start..end)
    };
    let is_alone = content(own).is_some_and(|text| text.trim_start().starts_with('#'));
    if !is_alone {
        return own;
    }
    let mut line = own + 1;
    while let Some(text) = content(line).map(str::trim_start) {
        if !text.is_empty() && !text.starts_with('#') {
            break;
        }
        if lines.start_of(line + 1).is_none() {
            break;
        }
        line += 1;
    }
    line
}

fn size(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// A place in a comment.
struct Reader<'t> {
    span: Span,
    at: usize,
    text: &'t str,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// The next `len` bytes with their place; the reader stands behind them.
    fn take(&mut self, len: usize) -> Spanned<String> {
        let start = self.span.range.start + size(self.text.get(..self.at).unwrap_or_default());
        let value = self.rest().get(..len).unwrap_or_default().to_owned();
        self.at += value.len();
        let range = TextRange::new(start, start + size(&value));
        Spanned { value, span: Span::new(self.span.file, range) }
    }

    fn fill(&mut self, exception: &mut Exception) -> Result<(), (Span, String)> {
        self.skip_blanks();
        let word_len = self.rest().find(['[', ' ', '=', ':']).unwrap_or(self.rest().len());
        let word = self.take(word_len);
        if word.value != "ignore" || !self.rest().starts_with('[') {
            return Err((word.span, "only `ignore[RULE]` is known here".to_owned()));
        }
        self.at += 1;
        exception.effect = Effect::Ignores(self.rules()?);
        loop {
            self.skip_blanks();
            if self.rest().is_empty() {
                return Ok(());
            }
            if self.rest().starts_with(':') {
                self.at += 1;
                let reason = self.rest().trim();
                exception.reason = (!reason.is_empty()).then(|| reason.to_owned());
                return Ok(());
            }
            self.pair(exception)?;
        }
    }

    fn rules(&mut self) -> Result<Vec<Spanned<String>>, (Span, String)> {
        let mut rules = Vec::new();
        loop {
            self.skip_blanks();
            let len = self.rest().find([',', ']', ' ', '\t']).unwrap_or(self.rest().len());
            let rule = self.take(len);
            self.skip_blanks();
            if rule.value.is_empty() {
                return Err((rule.span, "a rule's name is missing here".to_owned()));
            }
            rules.push(rule);
            let next = self.take(1);
            match next.value.as_str() {
                "," => {}
                "]" => return Ok(rules),
                _ => return Err((next.span, "`]` is missing here".to_owned())),
            }
        }
    }

    /// `key=value`; the value ends at a blank or at the `:` before the reason.
    fn pair(&mut self, exception: &mut Exception) -> Result<(), (Span, String)> {
        let len = self.rest().find(['=', ' ', '\t', ':']).unwrap_or(self.rest().len());
        let key = self.take(len);
        if !self.rest().starts_with('=') {
            return Err((
                key.span,
                "write `until=`, `owner=` or `ticket=`, and the reason behind a `:`".to_owned(),
            ));
        }
        self.at += 1;
        let whole = self.rest().find([' ', '\t']).unwrap_or(self.rest().len());
        let word = self.rest().get(..whole).unwrap_or_default();
        let value = self.take(word.trim_end_matches(':').len());
        if value.value.is_empty() {
            return Err((key.span, "nothing stands behind the `=`".to_owned()));
        }
        match key.value.as_str() {
            "until" | "expires" => {
                let date = Date::parse(&value.value)
                    .ok_or_else(|| (value.span, "this is no day; write 2027-03-31".to_owned()))?;
                exception.expires = Some(Spanned { value: date, span: value.span });
            }
            "owner" => exception.owner = Some(value.value),
            "ticket" => exception.ticket = Some(value.value),
            "id" => exception.id = Some(value.value),
            _ => return Err((key.span, "known here: `until`, `owner`, `ticket`, `id`".to_owned())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, SourceFile};
    use crate::syntax::parse::parse;

    fn shown(text: &str) -> Vec<String> {
        let source = SourceFile::new("t.yaml", text);
        let tree = parse(FileId(0), &source.shared_text()).tree;
        find(&tree, source.lines())
            .iter()
            .map(|found| {
                let rules: Vec<&str> =
                    found.rules().iter().map(|rule| source.slice(rule.span.range)).collect();
                let Scope::Line { line, .. } = found.scope else { panic!("a comment is for a line") };
                let until = found.expires.as_ref().map(|day| day.value.to_string());
                let wrong: Vec<String> = found
                    .mistakes
                    .iter()
                    .map(|(span, why)| format!("{}: {why}", source.slice(span.range)))
                    .collect();
                let said = [&until, &found.owner, &found.ticket, &found.reason]
                    .map(|one| one.clone().unwrap_or_default());
                format!("{line} [{}] {} {}", rules.join(","), said.join("|"), wrong.join(";"))
                    .trim_end()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn words_and_lines_of_comments() {
        let cases = [
            ("A: 1 # wicketgate: ignore[public-api]", "0 [public-api] |||"),
            (
                "A: 1 #wicketgate:ignore[ public-api , x ] until=2027-03-31 owner=payments ticket=S-1: a: webhook ",
                "0 [public-api,x] 2027-03-31|payments|S-1|a: webhook",
            ),
            ("# wicketgate: ignore[a] owner=b:c:\n\n# more\nA: 1", "3 [a] |b:c||"),
            ("# wicketgate: ignore[a]: why\nA: 1", "1 [a] |||why"),
            ("A:\n  - 1\n  # wicketgate: ignore[a]", "3 [a] |||"),
            ("A: 1 # wicketgate: allow[a]", "0 [] ||| allow: only `ignore[RULE]` is known here"),
            ("A: 1 # wicketgate: ignore", "0 [] ||| ignore: only `ignore[RULE]` is known here"),
            ("A: 1 # wicketgate: ignore[a", "0 [] ||| : `]` is missing here"),
            ("A: 1 # wicketgate: ignore[]", "0 [] ||| : a rule's name is missing here"),
            (
                "A: 1 # wicketgate: ignore[a] till=2027-01-01",
                "0 [a] ||| till: known here: `until`, `owner`, `ticket`, `id`",
            ),
            (
                "A: 1 # wicketgate: ignore[a] until=tomorrow",
                "0 [a] ||| tomorrow: this is no day; write 2027-03-31",
            ),
            (
                "A: 1 # wicketgate: ignore[a] because",
                "0 [a] ||| because: write `until=`, `owner=` or `ticket=`, and the reason behind a `:`",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), [expected], "{text}");
        }
        assert!(shown("A: '# wicketgate: ignore[a]' # see wicketgate: ignore[a]").is_empty());
    }
}
