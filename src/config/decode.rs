//! A spanned decoder for TOML tables: each key is asked for once, with the values it may have; what nobody
//! asked for is a mistake. A new key of the policy file is one line in its reader.
//!
//! It knows tables, keys and values, not what any of them means.

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use crate::config::nearest::nearest;
use crate::config::{POLICY_FILE, SIZE_LIMIT};
use crate::diagnostic::{Confidence, Diagnostic, Label, Persona, Severity};
use crate::source::{FileId, Span, Spanned, TextRange};

/// Most syntax errors reported; more are echoes of the first ones.
const SYNTAX_ERROR_LIMIT: usize = 10;

/// The mistakes found so far in one file.
pub(super) struct Mistakes {
    file: FileId,
    length: usize,
    found: Vec<Diagnostic>,
}

impl Mistakes {
    /// All mistakes by place; those at one place in the order in which they were found.
    pub(super) fn sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|mistake| mistake.primary.span.range.start);
        self.found
    }

    /// The span of these bytes, cut to the file.
    fn span(&self, bytes: std::ops::Range<usize>) -> Span {
        let offset = |at: usize| u32::try_from(at.min(self.length)).unwrap_or(u32::MAX);
        Span::new(self.file, TextRange::new(offset(bytes.start), offset(bytes.end)))
    }

    fn add(&mut self, at: std::ops::Range<usize>, message: String, label: String, help: Option<String>) {
        self.found.push(Diagnostic {
            rule: POLICY_FILE,
            severity: Severity::Error,
            confidence: Confidence::High,
            persona: Persona::Regular,
            message,
            resource: None,
            primary: Label::new(self.span(at), label),
            related: Vec::new(),
            when: Vec::new(),
            environments: Vec::new(),
            why: String::new(),
            notes: Vec::new(),
            help: help.into_iter().collect(),
            fixes: Vec::new(),
        });
    }
}

/// The top table of a TOML text. `None` when the text is no TOML or too long; the mistakes then say why.
pub(super) fn parse(file: FileId, text: &str) -> (Option<DeTable<'_>>, Mistakes) {
    let mut mistakes = Mistakes { file, length: text.len(), found: Vec::new() };
    if text.len() > SIZE_LIMIT {
        let message = format!("the policy file is larger than {} KB", SIZE_LIMIT / 1024);
        mistakes.add(0..0, message, String::new(), None);
        return (None, mistakes);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return (Some(table.into_inner()), mistakes);
    }
    for error in errors.into_iter().take(SYNTAX_ERROR_LIMIT) {
        // An error without a place is about the text as a whole; its end is where the reader gave up.
        let at = error.span().unwrap_or(text.len()..text.len());
        mistakes.add(at, "the policy file is not valid TOML".to_owned(), error.message().to_owned(), None);
    }
    (None, mistakes)
}

/// One table of the file and what has been asked of it.
pub(super) struct Section<'t, 'text> {
    table: &'t DeTable<'text>,
    mistakes: &'t mut Mistakes,
    asked: Vec<&'static str>,
}

impl<'t, 'text> Section<'t, 'text> {
    /// The top table.
    pub(super) fn top(table: &'t DeTable<'text>, mistakes: &'t mut Mistakes) -> Self {
        Self { table, mistakes, asked: Vec::new() }
    }

    /// The value of a key, `None` when it is not written.
    fn value(&mut self, key: &'static str) -> Option<&'t TomlSpanned<DeValue<'text>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// Checks that the key, if written, is this whole number.
    pub(super) fn number(&mut self, key: &'static str, known: i64) {
        let Some(value) = self.value(key) else { return };
        let help = Some(format!("write `{key} = {known}`, or leave the line out"));
        let DeValue::Integer(integer) = value.get_ref() else {
            return self.wrong_type(key, value, "a whole number", help);
        };
        if i64::from_str_radix(integer.as_str(), integer.radix()).ok() != Some(known) {
            let message = format!("`{key}` is {integer}, and this version knows only {known}");
            self.mistakes.add(value.span(), message, String::new(), help);
        }
    }

    /// The value of a key that takes one of a few words; `None` when it is not written or wrong.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<Spanned<T>> {
        let value = self.value(key)?;
        let list: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let help = Some(format!("`{key}` is one of {}", list.join(", ")));
        let DeValue::String(written) = value.get_ref() else {
            self.wrong_type(key, value, "a word in quotes", help);
            return None;
        };
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == written.as_ref()) {
            return Some(Spanned { value: *meaning, span: self.mistakes.span(value.span()) });
        }
        let label = did_you_mean(written, words.iter().map(|(word, _)| *word));
        let message = format!("`{key}` cannot be \"{written}\"");
        self.mistakes.add(value.span(), message, label, help);
        None
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let label = did_you_mean(name, self.asked.iter().copied());
            let help = format!("known keys here: {}", self.asked.join(", "));
            self.mistakes.add(key.span(), format!("unknown key `{name}`"), label, Some(help));
        }
    }

    fn wrong_type(
        &mut self,
        key: &str,
        value: &TomlSpanned<DeValue<'_>>,
        expected: &str,
        help: Option<String>,
    ) {
        let message = format!("`{key}` must be {expected}");
        let label = format!("this is {}", type_words(value.get_ref()));
        self.mistakes.add(value.span(), message, label, help);
    }
}

fn did_you_mean<'c>(word: &str, known: impl IntoIterator<Item = &'c str>) -> String {
    nearest(word, known).map_or_else(String::new, |known| format!("did you mean `{known}`?"))
}

fn type_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
