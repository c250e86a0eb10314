//! Patterns with wildcards, as people write them for paths and names.
//!
//! It compares text with text. It opens no folder, and what a pattern is for is its owner's business.

use std::fmt;

/// A pattern. `?` stands for one character, `*` for any number of them, `**` for any number of folders.
///
/// In a path, `?` and `*` stay inside one part between slashes, and a pattern without wildcards also means all
/// that lies below the folder of that name. Letter case counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glob {
    text: String,
}

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Is(char),
    One,
    Many,
    /// Any characters, slashes too.
    Deep,
}

impl Glob {
    /// The pattern of this text; every text is one.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern can match several texts.
    pub fn has_wildcard(&self) -> bool {
        self.text.contains(['*', '?'])
    }

    /// Whether a name is meant; slashes are letters like others.
    pub fn matches_name(&self, name: &str) -> bool {
        if !self.has_wildcard() {
            return self.text == name;
        }
        walk(&tokens(&self.text), name, false)
    }

    /// Whether a path is meant: `/` between its parts, relative, without `.` and `..`.
    pub fn matches_path(&self, path: &str) -> bool {
        let pattern = self.text.strip_prefix("./").unwrap_or(&self.text).trim_end_matches('/');
        if !self.has_wildcard() {
            let below = path.strip_prefix(pattern);
            return below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || pattern.is_empty());
        }
        walk(&tokens(pattern), path, true)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for letter in pattern.chars() {
        match (letter, tokens.last()) {
            ('*', Some(Token::Many | Token::Deep)) => {
                tokens.pop();
                tokens.push(Token::Deep);
            }
            ('*', _) => tokens.push(Token::Many),
            ('?', _) => tokens.push(Token::One),
            _ => tokens.push(Token::Is(letter)),
        }
    }
    tokens
}

/// Follows all ways through the pattern at once, so that no pattern takes longer than its length times the
/// text's.
fn walk(tokens: &[Token], text: &str, is_path: bool) -> bool {
    let mut open = vec![false; tokens.len() + 1];
    if let Some(first) = open.first_mut() {
        *first = true;
    }
    skip_empty(tokens, &mut open, true);
    for letter in text.chars() {
        let mut next = vec![false; open.len()];
        for (at, token) in tokens.iter().enumerate().filter(|(at, _)| open.get(*at) == Some(&true)) {
            let inside = !(is_path && letter == '/');
            let to = match token {
                Token::Is(own) => (*own == letter).then_some(at + 1),
                Token::One => inside.then_some(at + 1),
                Token::Many => inside.then_some(at),
                Token::Deep => Some(at),
            };
            if let Some(slot) = to.and_then(|to| next.get_mut(to)) {
                *slot = true;
            }
        }
        skip_empty(tokens, &mut next, letter == '/');
        open = next;
    }
    open.last() == Some(&true)
}

/// Steps over wildcards that stand for nothing. `**/` stands for no folder where a part of a path begins.
fn skip_empty(tokens: &[Token], open: &mut [bool], part_begins: bool) {
    for (at, token) in tokens.iter().enumerate() {
        if open.get(at) != Some(&true) {
            continue;
        }
        let folder = part_begins && tokens.get(at + 1) == Some(&Token::Is('/'));
        let steps: &[usize] = match token {
            Token::Deep if folder => &[1, 2],
            Token::Many | Token::Deep => &[1],
            Token::Is(_) | Token::One => &[],
        };
        for step in steps {
            if let Some(slot) = open.get_mut(at + step) {
                *slot = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_part_by_part() {
        for (pattern, path, expected) in [
            ("services/a/template.yaml", "services/a/template.yaml", true),
            ("services/a", "services/a/template.yaml", true),
            ("services/a/", "services/a/x/template.yaml", true),
            ("./services/a", "services/a/x", true),
            ("services/a", "services/ab/template.yaml", false),
            ("services/*", "services/a", true),
            ("services/*", "services/a/b", false),
            ("services/**", "services/a/b", true),
            ("services/**", "services", false),
            ("**/template.y*ml", "template.yaml", true),
            ("**/template.y*ml", "a/b/template.yml", true),
            ("**/template.y*ml", "a/my-template.yml", false),
            ("**/.aws-sam/**", "a/.aws-sam/build/t.yaml", true),
            ("**/.aws-sam/**", ".aws-sam/t.yaml", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("?.yaml", "a.yaml", true),
            ("?.yaml", "/.yaml", false),
            ("é?/*", "éa/ü", true),
            ("", "a", true),
        ] {
            assert_eq!(Glob::new(pattern).matches_path(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn names_match_whole() {
        for (pattern, name, expected) in [
            ("network-*-vpce", "network-prod-vpce", true),
            ("network-*-vpce", "network-prod-vpce-2", false),
            ("*", "a/b", true),
            ("*-internal", "orders-internal", true),
            ("Api", "api", false),
            ("Api", "Api2", false),
        ] {
            assert_eq!(Glob::new(pattern).matches_name(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn hostile_patterns_end() {
        let pattern = Glob::new("*a".repeat(200));
        assert!(!pattern.matches_path(&"a".repeat(5_000).replace("aaaaa", "aaaab")));
    }
}
