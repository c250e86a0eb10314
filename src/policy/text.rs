//! Texts with opaque parts: strings some of whose pieces only AWS knows.
//!
//! A text is a sequence of symbols; a symbol is a character or a whole name. Names are interned in a [`Names`]
//! table, so that two texts can be compared only when they come from the same table. This module does not
//! match patterns (see [`super::pattern`]).

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::template::value::{Name, Part, Same, Value};

const NAME: u32 = 1 << 31;
const PLAIN: u32 = 1 << 30;

/// One symbol of a [`Text`]: a character, or a name that stands for a string of unknown length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(u32);

impl Symbol {
    /// The symbol of a character.
    pub const fn of(character: char) -> Self {
        Self(character as u32)
    }

    /// The character, or `None` for a name.
    pub fn character(self) -> Option<char> {
        if self.is_name() { None } else { char::from_u32(self.0) }
    }

    /// Whether the symbol is a name.
    pub fn is_name(self) -> bool {
        self.0 & NAME != 0
    }

    /// Whether the symbol certainly holds no colon and no slash: any other character, a region, an account, a
    /// partition, an id that was said to be plain.
    pub(super) fn is_plain(self) -> bool {
        if self.is_name() { self.0 & PLAIN != 0 } else { self != Self::of(':') && self != Self::of('/') }
    }

    /// The symbol in lower case; names stay as they are.
    pub(super) fn lower(self) -> Self {
        match self.character() {
            Some(c) if c.is_ascii() => Self::of(c.to_ascii_lowercase()),
            Some(c) => Self::of(c.to_lowercase().next().unwrap_or(c)),
            None => self,
        }
    }

    fn name_index(self) -> Option<usize> {
        self.is_name().then_some((self.0 & !(NAME | PLAIN)) as usize)
    }
}

/// A text of characters and names.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text {
    symbols: Vec<Symbol>,
    named: bool,
}

impl Text {
    /// The text made of these symbols.
    pub fn of_symbols(symbols: Vec<Symbol>) -> Self {
        let named = symbols.iter().any(|s| s.is_name());
        Self { symbols, named }
    }

    /// The symbols in order.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Whether any part is a name.
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// The characters, when no part is a name.
    pub fn literal(&self) -> Option<String> {
        self.symbols.iter().map(|s| s.character()).collect()
    }

    /// Whether the text is exactly these characters.
    pub fn is(&self, characters: &str) -> bool {
        !self.named && characters.chars().map(Symbol::of).eq(self.symbols.iter().copied())
    }

    /// Whether the text starts with these characters.
    pub fn starts_with(&self, characters: &str) -> bool {
        let mut symbols = self.symbols.iter();
        characters.chars().all(|c| symbols.next() == Some(&Symbol::of(c)))
    }

    /// This text followed by another.
    #[must_use]
    pub fn then(&self, other: &Text) -> Text {
        let mut symbols = self.symbols.clone();
        symbols.extend_from_slice(&other.symbols);
        Text { symbols, named: self.named || other.named }
    }

    /// The one name that is the whole text.
    pub(super) fn single_name(&self) -> Option<Symbol> {
        match self.symbols.as_slice() {
            [only] if only.is_name() => Some(*only),
            _ => None,
        }
    }
}

impl From<&str> for Text {
    fn from(characters: &str) -> Self {
        Self { symbols: characters.chars().map(Symbol::of).collect(), named: false }
    }
}

/// The names that occur in a policy and in the questions asked about it.
#[derive(Clone, Debug, Default)]
pub struct Names {
    list: Vec<Arc<Name>>,
    index: FxHashMap<Arc<Name>, u32>,
    plain: FxHashSet<Arc<Name>>,
}

impl Names {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says of a name, before it is first used, that what it stands for holds no colon and no slash: the id of
    /// an API, the name of a stage.
    pub fn add_plain(&mut self, name: Arc<Name>) {
        self.plain.insert(name);
    }

    /// The symbol of a name; the same name always has the same symbol.
    pub fn symbol(&mut self, name: &Arc<Name>) -> Symbol {
        let plain = is_plain(name) || self.plain.contains(name);
        let flags = if plain { NAME | PLAIN } else { NAME };
        if let Some(&at) = self.index.get(name) {
            return Symbol(at | flags);
        }
        let at = u32::try_from(self.list.len()).unwrap_or(PLAIN - 1).min(PLAIN - 1);
        self.list.push(Arc::clone(name));
        self.index.insert(Arc::clone(name), at);
        Symbol(at | flags)
    }

    /// The text of a scalar value; booleans and numbers become text, as policies allow. `None` for lists,
    /// maps, nulls and unknown values.
    pub fn text(&mut self, value: &Value) -> Option<Text> {
        match value {
            Value::String(text) | Value::Number(text) => Some(Text::from(text.as_str())),
            Value::Bool(flag) => Some(Text::from(if *flag { "true" } else { "false" })),
            Value::Named(name) => Some(Text { symbols: vec![self.symbol(name)], named: true }),
            Value::Text(parts) => Some(self.join(parts)),
            Value::Absent | Value::Null | Value::List(_) | Value::Map(_) | Value::Unknown(_) => None,
        }
    }

    /// The text made of these parts.
    pub fn join(&mut self, parts: &[Part]) -> Text {
        let mut symbols = Vec::new();
        for part in parts {
            match part {
                Part::Literal(text) => symbols.extend(text.chars().map(Symbol::of)),
                Part::Named(name) => symbols.push(self.symbol(name)),
            }
        }
        Text::of_symbols(symbols)
    }

    /// The name behind a symbol of this table.
    pub fn name(&self, symbol: Symbol) -> Option<&Arc<Name>> {
        self.list.get(symbol.name_index()?)
    }

    /// The text as parts, for those who show it.
    pub fn parts(&self, text: &Text) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut run = String::new();
        for symbol in text.symbols() {
            if let Some(character) = symbol.character() {
                run.push(character);
            } else if let Some(name) = self.name(*symbol) {
                if !run.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut run)));
                }
                parts.push(Part::Named(Arc::clone(name)));
            }
        }
        if !run.is_empty() {
            parts.push(Part::Literal(run));
        }
        parts
    }

    /// Whether two different name symbols stand for the same string.
    pub(super) fn relation(&self, left: Symbol, right: Symbol) -> Same {
        match (self.name(left), self.name(right)) {
            (Some(left), Some(right)) => left.same(right),
            _ => Same::Unknown,
        }
    }

    /// Whether a name can hold anything at all, wildcards included, because a person fills it in.
    pub(super) fn is_filled_in(&self, symbol: Symbol) -> bool {
        self.name(symbol)
            .is_some_and(|name| !matches!(**name, Name::Resource { .. } | Name::Attribute { .. }))
    }
}

fn is_plain(name: &Name) -> bool {
    let Name::Pseudo { name, .. } = name else { return false };
    ["AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::URLSuffix"].contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::value::StackId;

    fn resource(id: &str) -> Arc<Name> {
        Arc::new(Name::Resource { stack: StackId(0), id: id.to_owned() })
    }

    #[test]
    fn names_are_interned_and_shown_again() {
        let mut names = Names::new();
        let parts = [
            Part::Literal("arn:".to_owned()),
            Part::Named(resource("Api")),
            Part::Named(resource("Other")),
            Part::Literal("/x".to_owned()),
        ];
        let text = names.join(&parts);
        assert_eq!(names.symbol(&resource("Api")), text.symbols()[4]);
        assert_eq!(names.parts(&text), parts);
        assert!(text.is_named() && text.literal().is_none() && text.starts_with("arn:"));
    }
}
