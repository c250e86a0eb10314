//! A spanned decoder for TOML tables: each key is asked for once, with the values it may have; what nobody
//! asked for is a mistake. A new key of the policy file is one line in its reader.
//!
//! It knows tables, keys and values, not what any of them means.

use std::ops::Range;

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use crate::config::shape::{Property, Shape};
use crate::config::{SIZE_LIMIT, mistake};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::nearest::nearest;
use crate::glob::Glob;
use crate::intent::date::Date;
use crate::order::Order;
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
        self.found.order_by_key(|mistake| mistake.primary.span.range.start);
        self.found
    }

    /// The span of these bytes, cut to the file.
    fn span(&self, bytes: Range<usize>) -> Span {
        let offset = |at: usize| u32::try_from(at.min(self.length)).unwrap_or(u32::MAX);
        Span::new(self.file, TextRange::new(offset(bytes.start), offset(bytes.end)))
    }

    fn add(&mut self, at: Range<usize>, message: String, label: String, help: Option<String>) {
        let span = self.span(at);
        self.found.push(mistake(span, message, label, help));
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
    /// Its header, or the whole of an inline table.
    at: Range<usize>,
    mistakes: &'t mut Mistakes,
    asked: Vec<&'static str>,
    /// What was asked, in words for others; only while the file's form is described.
    described: Option<Vec<Property>>,
}

impl<'t, 'text> Section<'t, 'text> {
    /// The top table.
    pub(super) fn top(table: &'t DeTable<'text>, mistakes: &'t mut Mistakes) -> Self {
        Self { table, at: 0..0, mistakes, asked: Vec::new(), described: None }
    }

    /// What `read` asks of a table, in the order in which it asks.
    pub(super) fn describe<T>(read: impl Fn(&mut Section<'_, '_>) -> T) -> Vec<Property> {
        let nothing = DeTable::new();
        let mut mistakes = Mistakes { file: FileId(0), length: 0, found: Vec::new() };
        let mut section = Section::top(&nothing, &mut mistakes);
        section.described = Some(Vec::new());
        read(&mut section);
        section.described.unwrap_or_default()
    }

    /// Where the table is: its header, or the whole of it when it stands in a line.
    pub(super) fn span(&self) -> Span {
        self.mistakes.span(self.at.clone())
    }

    /// The value of a key, `None` when it is not written.
    fn value(
        &mut self,
        key: &'static str,
        about: &'static str,
        shape: impl FnOnce() -> Shape,
    ) -> Option<&'t TomlSpanned<DeValue<'text>>> {
        self.asked.push(key);
        if let Some(described) = &mut self.described {
            described.push(Property { key, about, required: false, shape: shape() });
        }
        self.table.get(key)
    }

    /// Says that these keys have to be there.
    pub(super) fn require(&mut self, keys: &[&'static str]) {
        for property in self.described.iter_mut().flatten() {
            property.required |= keys.contains(&property.key);
        }
        if self.described.is_some() {
            return;
        }
        for key in keys.iter().filter(|key| self.table.get(**key).is_none()) {
            self.mistakes.add(self.at.clone(), format!("`{key}` is missing here"), String::new(), None);
        }
    }

    /// Whether one of these keys is written.
    pub(super) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.table.get(*key).is_some())
    }

    /// Whether the key is written with a list that has nothing in it.
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        let value = self.table.get(key).map(TomlSpanned::get_ref);
        matches!(value, Some(DeValue::Array(items)) if items.is_empty())
    }

    /// Reports something about the table as a whole.
    pub(super) fn refuse(&mut self, message: &str, help: &str) {
        if self.described.is_none() {
            self.mistakes.add(self.at.clone(), message.to_owned(), String::new(), Some(help.to_owned()));
        }
    }

    /// Reports something about a place in the table.
    pub(super) fn refuse_at(&mut self, span: Span, message: String, help: &str) {
        self.mistakes.found.push(mistake(span, message, String::new(), Some(help.to_owned())));
    }

    /// Checks that the key, if written, is this whole number.
    pub(super) fn constant(&mut self, key: &'static str, about: &'static str, known: i64) {
        let Some(value) = self.value(key, about, || Shape::Constant(known)) else { return };
        let help = Some(format!("write `{key} = {known}`, or leave the line out"));
        let DeValue::Integer(integer) = value.get_ref() else {
            return self.wrong_type(key, value, "a whole number", help);
        };
        if whole(integer) != Some(known) {
            let message = format!("`{key}` is {integer}, and this version knows only {known}");
            self.mistakes.add(value.span(), message, String::new(), help);
        }
    }

    /// A number of days.
    pub(super) fn days(&mut self, key: &'static str, about: &'static str) -> Option<Spanned<u16>> {
        let value = self.value(key, about, || Shape::Days)?;
        let help = Some(format!("`{key}` is a number of days between 0 and {}", u16::MAX));
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(key, value, "a whole number", help);
            return None;
        };
        if let Some(days) = whole(integer).and_then(|days| u16::try_from(days).ok()) {
            return Some(Spanned { value: days, span: self.mistakes.span(value.span()) });
        }
        self.mistakes.add(value.span(), format!("`{key}` cannot be {integer}"), String::new(), help);
        None
    }

    /// A day of the calendar, written without quotes.
    pub(super) fn date(&mut self, key: &'static str, about: &'static str) -> Option<Spanned<Date>> {
        let value = self.value(key, about, || Shape::Date)?;
        let help = Some(format!("write a day without quotes, as in `{key} = 2027-03-31`"));
        let day = match value.get_ref() {
            DeValue::Datetime(time) if time.time.is_none() => {
                time.date.and_then(|date| Date::new(date.year, date.month, date.day))
            }
            _ => None,
        };
        if day.is_none() {
            self.wrong_type(key, value, "a day", help);
        }
        Some(Spanned { value: day?, span: self.mistakes.span(value.span()) })
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &'static str, about: &'static str) -> Option<Spanned<bool>> {
        let value = self.value(key, about, || Shape::Boolean)?;
        let DeValue::Boolean(yes) = value.get_ref() else {
            let help = Some(format!("write `{key} = true` or `{key} = false`, without quotes"));
            self.wrong_type(key, value, "true or false", help);
            return None;
        };
        Some(Spanned { value: *yes, span: self.mistakes.span(value.span()) })
    }

    /// A text that says something.
    pub(super) fn text(&mut self, key: &'static str, about: &'static str) -> Option<Spanned<String>> {
        let value = self.value(key, about, || Shape::Text)?;
        self.text_of(key, value)
    }

    /// A list of texts; empty when it is not written.
    pub(super) fn texts(&mut self, key: &'static str, about: &'static str) -> Vec<Spanned<String>> {
        self.written_texts(key, about).unwrap_or_default()
    }

    /// A list of texts; `None` when it is not written, which an empty list is not.
    pub(super) fn written_texts(
        &mut self,
        key: &'static str,
        about: &'static str,
    ) -> Option<Vec<Spanned<String>>> {
        let value = self.value(key, about, || Shape::List(Box::new(Shape::Text)))?;
        let DeValue::Array(items) = value.get_ref() else {
            let help = Some(format!("write `{key} = [\"...\"]`, also for one"));
            self.wrong_type(key, value, "a list of texts", help);
            return None;
        };
        Some(items.iter().filter_map(|item| self.text_of(key, item)).collect())
    }

    /// A list of patterns; empty when it is not written.
    pub(super) fn globs(&mut self, key: &'static str, about: &'static str) -> Vec<Spanned<Glob>> {
        self.written_globs(key, about).unwrap_or_default()
    }

    /// A list of patterns; `None` when it is not written.
    pub(super) fn written_globs(
        &mut self,
        key: &'static str,
        about: &'static str,
    ) -> Option<Vec<Spanned<Glob>>> {
        let glob = |text: Spanned<String>| Spanned { value: Glob::new(text.value), span: text.span };
        Some(self.written_texts(key, about)?.into_iter().map(glob).collect())
    }

    /// One pattern.
    pub(super) fn glob(&mut self, key: &'static str, about: &'static str) -> Option<Spanned<Glob>> {
        let text = self.text(key, about)?;
        Some(Spanned { value: Glob::new(text.value), span: text.span })
    }

    /// Names with texts, in the order of the names; the names are the user's.
    pub(super) fn text_by_name(
        &mut self,
        key: &'static str,
        about: &'static str,
    ) -> Vec<(Spanned<String>, Spanned<String>)> {
        let Some(value) = self.value(key, about, || Shape::Named(Box::new(Shape::Text))) else {
            return Vec::new();
        };
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value, "a table of texts", None);
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, text) in table {
            if let Some(text) = self.text_of(name.get_ref(), text) {
                let span = self.mistakes.span(name.span());
                found.push((Spanned { value: name.get_ref().to_string(), span }, text));
            }
        }
        found
    }

    /// Names with texts that may be empty, in written order; the names are the user's.
    pub(super) fn values_by_name(
        &mut self,
        key: &'static str,
        about: &'static str,
    ) -> Vec<(Spanned<String>, Spanned<String>)> {
        let shape = || Shape::Named(Box::new(Shape::AnyText));
        self.named(key, about, shape, |section, name, value| match value.get_ref() {
            DeValue::String(text) => {
                Some(Spanned { value: text.to_string(), span: section.mistakes.span(value.span()) })
            }
            _ => {
                section.wrong_type(name, value, "a text in quotes", None);
                None
            }
        })
    }

    fn text_of(&mut self, key: &str, value: &TomlSpanned<DeValue<'_>>) -> Option<Spanned<String>> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(key, value, "a text in quotes", None);
            return None;
        };
        if text.trim().is_empty() {
            self.mistakes.add(value.span(), format!("`{key}` is empty"), String::new(), None);
            return None;
        }
        Some(Spanned { value: text.to_string(), span: self.mistakes.span(value.span()) })
    }

    /// The value of a key that takes one of a few words; `None` when it is not written or wrong.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        about: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<Spanned<T>> {
        let value = self.value(key, about, || Shape::words(words))?;
        self.word_of(key, value, words)
    }

    /// A list of a few words; `None` when it is not written.
    pub(super) fn words<T: Copy>(
        &mut self,
        key: &'static str,
        about: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<Vec<Spanned<T>>> {
        let value = self.value(key, about, || Shape::List(Box::new(Shape::words(words))))?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(key, value, "a list of words", Some(format!("write `{key} = [\"...\"]`")));
            return None;
        };
        Some(items.iter().filter_map(|item| self.word_of(key, item, words)).collect())
    }

    fn word_of<T: Copy>(
        &mut self,
        key: &str,
        value: &TomlSpanned<DeValue<'_>>,
        words: &[(&'static str, T)],
    ) -> Option<Spanned<T>> {
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

    /// What `read` makes of a table; `None` when it is not written.
    pub(super) fn table<T>(
        &mut self,
        key: &'static str,
        about: &'static str,
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let value = self.value(key, about, || Shape::Table(Section::describe(&read)))?;
        self.table_of(key, value, &read)
    }

    /// What `read` makes of each table of a list, `[[key]]`.
    pub(super) fn tables<T>(
        &mut self,
        key: &'static str,
        about: &'static str,
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Vec<T> {
        let shape = || Shape::List(Box::new(Shape::Table(Section::describe(&read))));
        let Some(value) = self.value(key, about, shape) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(key, value, "a list of tables", Some(format!("write `[[{key}]]` above it")));
            return Vec::new();
        };
        items.iter().filter_map(|item| self.table_of(key, item, &read)).collect()
    }

    /// What `read` makes of each table `[key.NAME]`, by the names, which are the user's.
    pub(super) fn tables_by_name<T>(
        &mut self,
        key: &'static str,
        about: &'static str,
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Vec<(Spanned<String>, T)> {
        let shape = || Shape::Named(Box::new(Shape::Table(Section::describe(&read))));
        self.named(key, about, shape, |section, name, value| section.table_of(name, value, &read))
    }

    /// What is written for each name, a word or a table in which the word stands under `inner`.
    pub(super) fn words_by_name<T: Copy, R>(
        &mut self,
        key: &'static str,
        about: &'static str,
        words: &[(&'static str, T)],
        from_word: impl Fn(Spanned<T>) -> R,
        read: impl Fn(&str, &mut Section<'_, '_>) -> R,
    ) -> Vec<(Spanned<String>, R)> {
        let table = |section: &mut Section<'_, '_>| read("", section);
        let shape = || {
            let either = vec![Shape::words(words), Shape::Table(Section::describe(table))];
            Shape::Named(Box::new(Shape::Either(either)))
        };
        self.named(key, about, shape, |section, name, value| match value.get_ref() {
            DeValue::Table(_) => {
                section.table_of(name, value, &|inner: &mut Section<'_, '_>| read(name, inner))
            }
            _ => section.word_of(name, value, words).map(&from_word),
        })
    }

    fn named<T>(
        &mut self,
        key: &'static str,
        about: &'static str,
        shape: impl FnOnce() -> Shape,
        read: impl Fn(&mut Self, &str, &TomlSpanned<DeValue<'_>>) -> Option<T>,
    ) -> Vec<(Spanned<String>, T)> {
        let Some(value) = self.value(key, about, shape) else { return Vec::new() };
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value, "a table", Some(format!("write `[{key}]` above it")));
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, value) in table {
            if let Some(read) = read(self, name.get_ref(), value) {
                let span = self.mistakes.span(name.span());
                found.push((Spanned { value: name.get_ref().to_string(), span }, read));
            }
        }
        found.order_by_key(|(name, _)| name.span.range.start);
        found
    }

    fn table_of<T>(
        &mut self,
        key: &str,
        value: &TomlSpanned<DeValue<'_>>,
        read: &impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value, "a table", None);
            return None;
        };
        let mut inner = Section {
            table,
            at: value.span(),
            mistakes: &mut *self.mistakes,
            asked: Vec::new(),
            described: None,
        };
        let made = read(&mut inner);
        inner.finish();
        Some(made)
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

fn whole(integer: &toml::de::DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
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
