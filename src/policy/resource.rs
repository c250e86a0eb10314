//! What is asked for: the resources of an API, one by one or by whole shapes.
//!
//! A resource is `API-ARN/STAGE/METHOD/PATH`. This module knows that form as text only; where stages and
//! paths come from is not its business.

use super::pattern::{Class, Pattern, Token};
use super::text::{Symbol, Text};

/// `execute-api:/…` with the API's ARN in front, as API Gateway stores it; other texts as they are.
pub fn expand(resource: &Text, api_arn: &Text) -> Text {
    const SHORT: &str = "execute-api:/";
    if !resource.starts_with(SHORT) {
        return resource.clone();
    }
    let rest = resource.symbols().get(SHORT.len() - 1..).unwrap_or_default();
    api_arn.then(&Text::of_symbols(rest.to_vec()))
}

/// A set of resources.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    tokens: Vec<Token>,
}

impl Shape {
    /// Exactly this text.
    pub fn of(text: &Text) -> Self {
        Self { tokens: text.symbols().iter().copied().map(Token::One).collect() }
    }

    /// Followed by this text.
    #[must_use]
    pub fn text(mut self, text: &Text) -> Self {
        self.tokens.extend(text.symbols().iter().copied().map(Token::One));
        self
    }

    /// Followed by one or more characters without a slash: a path parameter, a stage that is not known.
    #[must_use]
    pub fn segment(mut self) -> Self {
        self.tokens.extend([Token::Any(Class::NoSlash), Token::Many(Class::NoSlash)]);
        self
    }

    /// Followed by one or more characters: a greedy path parameter such as `{proxy+}`.
    #[must_use]
    pub fn segments(mut self) -> Self {
        self.tokens.extend([Token::Any(Class::Any), Token::Many(Class::Any)]);
        self
    }

    /// Followed by anything or nothing.
    #[must_use]
    pub fn anything(mut self) -> Self {
        self.tokens.push(Token::Many(Class::Any));
        self
    }

    /// The one text of the shape, if it is one.
    pub(super) fn only(&self) -> Option<Text> {
        let symbols: Option<Vec<Symbol>> = self
            .tokens
            .iter()
            .map(|t| match t {
                Token::One(symbol) => Some(*symbol),
                Token::Fold(_) | Token::Any(_) | Token::Many(_) => None,
            })
            .collect();
        symbols.map(Text::of_symbols)
    }

    /// The symbols that every text of the shape starts with.
    pub(super) fn start(&self) -> Vec<Symbol> {
        let one = |token: &Token| match token {
            Token::One(symbol) => Some(*symbol),
            Token::Fold(_) | Token::Any(_) | Token::Many(_) => None,
        };
        self.tokens.iter().map_while(one).collect()
    }

    /// Some text of the shape.
    pub(super) fn sample(&self) -> Text {
        let symbols = self.tokens.iter().filter_map(|t| match t {
            Token::One(symbol) | Token::Fold(symbol) => Some(*symbol),
            Token::Any(_) => Some(Symbol::of('x')),
            Token::Many(_) => None,
        });
        Text::of_symbols(symbols.collect())
    }

    pub(super) fn pattern(&self) -> Pattern {
        Pattern::new(self.tokens.clone())
    }
}
