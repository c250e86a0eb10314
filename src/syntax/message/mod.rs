//! Puts what the YAML parser refuses into words for the person who wrote the text.
//!
//! Each message is one line without a full stop and comes with the place to point at. Decides nothing about
//! what is an error.

mod quotes;

use granit_parser::ErrorKind;

use crate::source::TextRange;
use crate::syntax::build::Fault;
use crate::syntax::limits::MAX_DEPTH;
use crate::syntax::parse::range;
use crate::syntax::place;

/// What the reader knows when an error comes.
pub(super) struct Scene<'text> {
    /// The whole text.
    pub(super) text: &'text str,
    /// Where the parser noticed the error, a byte offset.
    pub(super) at: usize,
    /// First byte of the last scalar, alias or tag.
    pub(super) last_start: usize,
    /// End of the last token that the parser handed over; it may have looked further.
    pub(super) last_end: usize,
    /// The bracket of the innermost open flow collection.
    pub(super) bracket: Option<usize>,
    /// Whether the innermost open collection is a block sequence, and where its first dash stands.
    pub(super) dash: Option<usize>,
}

/// The error in words, at the place that a reader would change.
pub(super) fn explain(kind: &ErrorKind, scene: &Scene<'_>) -> Fault {
    if let Some(fault) = two_tags(scene) {
        return fault;
    }
    foreign(scene)
        .or_else(|| tabs(kind, scene))
        .or_else(|| blocks(kind, scene))
        .or_else(|| brackets(kind, scene))
        .or_else(|| quotes::explain(kind, scene))
        .or_else(|| words(kind, scene))
        .unwrap_or_else(|| rare(kind, scene))
}

/// An alias whose anchor does not precede it. A lone star and a pattern such as `*.json` are the usual cause.
pub(super) fn unknown_alias(name: &str) -> String {
    format!("`*{name}` is an alias, and no anchor `&{name}` stands before it; quote it to mean text")
}

/// `!Base64 !Sub x`: YAML allows one tag on a node.
fn two_tags(scene: &Scene<'_>) -> Option<Fault> {
    let (before, after) = (scene.text.get(..scene.at)?.trim_end(), scene.text.get(scene.at..)?);
    let ends_word = |character: char| character.is_whitespace() || matches!(character, '[' | '{' | ',');
    let start = before.rfind(ends_word).map_or(0, |end| end + 1);
    let first = before.get(start..)?;
    if !after.starts_with('!') || !first.starts_with('!') {
        return None;
    }
    let message = "short form directly inside short form: write the outer one in long form".to_owned();
    let related = Some((range(start, before.len()), "the outer one".to_owned()));
    Some(Fault { at: place::word(scene.text, scene.at), message, related })
}

fn tabs(kind: &ErrorKind, scene: &Scene<'_>) -> Option<Fault> {
    let tabbed = matches!(
        kind,
        ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabNotAllowed
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
    );
    if !tabbed {
        return None;
    }
    let Some(tab) = indenting_tab(scene.text, scene.at) else {
        return Some(scene.here("a tab is not allowed here; YAML indents and separates with spaces"));
    };
    let word = scene.text.get(tab..)?.find(|character| !matches!(character, '\t' | ' '));
    let end = place::word(scene.text, word.map_or(tab, |len| tab + len)).end;
    let at = range(tab, (end as usize).max(tab + 1));
    Some(fault(at, "a tab indents this line; YAML allows spaces only"))
}

/// The first tab among the leading white space of the line of `at` or of a later line.
fn indenting_tab(text: &str, at: usize) -> Option<usize> {
    let at = place::floor(text, at.min(text.len()));
    let start = text.get(..at)?.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let mut line_start = start;
    for line in text.get(start..)?.split_inclusive(['\n', '\r']) {
        let content = line.trim_start_matches([' ', '\t']);
        let lead = line.get(..line.len() - content.len())?;
        if let Some(tab) = lead.find('\t')
            && !content.trim().is_empty()
        {
            return Some(line_start + tab);
        }
        line_start += line.len();
    }
    None
}

/// Text that is not YAML at all before some other program has worked on it.
fn foreign(scene: &Scene<'_>) -> Option<Fault> {
    let after = scene.text.get(scene.at..)?;
    let mark = match (scene.head(), after) {
        (head, after) if head.ends_with("{{") && after.starts_with('-') => "{{-",
        (head, after) if head.ends_with('{') && after.starts_with('%') => "{%",
        _ => "",
    };
    if !mark.is_empty() {
        let message = format!("`{mark}` belongs to a template engine; YAML cannot read it");
        return Some(Fault { at: range(scene.at + 1 - mark.len(), scene.at + 1), message, related: None });
    }
    let line = place::line(scene.text, scene.at);
    let written = scene.text.get(line.as_usize())?;
    let marker = ["<<<<<<< ", "=======", ">>>>>>> "].iter().any(|marker| written.starts_with(marker));
    marker.then(|| fault(line, "a merge conflict is left here"))
}

/// Keys, values and list items that stand where they cannot.
fn blocks(kind: &ErrorKind, scene: &Scene<'_>) -> Option<Fault> {
    match kind {
        ErrorKind::MappingValueNotAllowed => Some(second_colon(scene)),
        ErrorKind::ExpectedBlockMappingKey => Some(not_a_key(scene)),
        ErrorKind::ExpectedBlockSequenceEntry => Some(not_an_item(scene)),
        ErrorKind::SimpleKeyExpected => {
            let word = place::word(scene.text, scene.at);
            let glued = glued_colon(scene.text.get(word.as_usize()).unwrap_or_default());
            Some(match glued {
                Some(colon) => no_space(scene.at, colon),
                None => scene.word("expected `key: value` here; there is no colon after this"),
            })
        }
        ErrorKind::InvalidSimpleKey => Some(scene.word("a key must stand on one line, followed by `: `")),
        ErrorKind::BlockSequenceEntryNotAllowed => Some(if scene.head().trim().is_empty() {
            scene.here("a list item cannot stand here")
        } else {
            scene.here("a list starts on a line of its own, below its key")
        }),
        ErrorKind::InvalidIndentation | ErrorKind::InvalidFlowScalarIndent => {
            Some(scene.word("this must be indented deeper than the key it belongs to"))
        }
        ErrorKind::MappingKeyNotAllowed => Some(scene.here("a key cannot stand here")),
        ErrorKind::InvalidMappingValueWhitespace => Some(scene.here("`:` needs a space behind it")),
        ErrorKind::InvalidBlockEntryWhitespace => Some(scene.here("`-` needs a space behind it")),
        ErrorKind::ExpectedNodeContent => Some(scene.word("a value cannot start like this")),
        ErrorKind::UnexpectedEofBlockMapping
        | ErrorKind::UnexpectedEofBlockSequence
        | ErrorKind::UnexpectedEof => Some(scene.here("the text ends here in the middle of a value")),
        _ => None,
    }
}

/// `: ` where a value is already being read.
fn second_colon(scene: &Scene<'_>) -> Fault {
    let value = scene.text.get(scene.last_start..scene.at).unwrap_or_default();
    let Some((first_line, _)) = value.split_once(['\n', '\r']) else {
        return scene.here("a second `: ` on this line; quote the value if the colon belongs to it");
    };
    let value_at = place::line(scene.text, scene.last_start);
    let first =
        range(scene.last_start, (scene.last_start + first_line.trim_end().len()).max(scene.last_start));
    let starts_line = value_at.start as usize == scene.last_start;
    if let Some(colon) = glued_colon(first_line).filter(|_| starts_line) {
        return no_space(scene.last_start, colon);
    }
    if starts_line {
        return fault(first, "this line has no `: `, so the next one reads as part of it");
    }
    let line = place::line(scene.text, scene.at);
    let key = range(line.start as usize, scene.at.max(line.start as usize));
    let message = "this line is indented deeper than the key above, so it reads as part of that key's value";
    Fault { at: key, message: message.to_owned(), related: Some((first, "the value starts here".to_owned())) }
}

/// The colon of `Type:AWS::X::Y`: a single one that something follows.
fn glued_colon(text: &str) -> Option<usize> {
    let colon = text.find(':')?;
    let after = text.get(colon + 1..)?.chars().next()?;
    let key = text.get(..colon)?;
    (!after.is_whitespace() && after != ':' && !key.is_empty() && !key.contains(' ')).then_some(colon)
}

fn no_space(start: usize, colon: usize) -> Fault {
    let at = range(start, start + colon + 1);
    fault(at, "this colon has no space behind it, so the line is no `key: value`")
}

fn not_a_key(scene: &Scene<'_>) -> Fault {
    let head = scene.head();
    if head.trim() == "-" {
        let dash = scene.at - head.len() + head.find('-').unwrap_or_default();
        return fault(range(dash, dash + 1), "a list item stands where a key of a mapping is expected");
    }
    if head.trim().is_empty() {
        return scene.word("the indentation of this line fits no line above it");
    }
    scene.word("this cannot follow the value before it on the same line")
}

fn not_an_item(scene: &Scene<'_>) -> Fault {
    let column = scene.head().chars().count();
    let dash = scene.dash.map(|dash| {
        let line = scene.text.get(..dash).map_or("", |head| head.rsplit(['\n', '\r']).next().unwrap_or(head));
        line.chars().count()
    });
    if scene.head().trim().is_empty() && dash.is_some_and(|dash| dash != column) {
        return scene.word("the indentation of this line fits no line above it");
    }
    let related = scene.dash.map(|dash| (range(dash, dash + 1), "the list starts here".to_owned()));
    let message = "expected `- ` here: this is inside a list".to_owned();
    Fault { at: place::word(scene.text, scene.at), message, related }
}

fn brackets(kind: &ErrorKind, scene: &Scene<'_>) -> Option<Fault> {
    match kind {
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => Some(inside_brackets(kind, scene)),
        ErrorKind::UnclosedFlowCollection { open } => Some(scene.here(&format!("`{open}` is never closed"))),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            Some(scene.here(&format!("`{open}` is closed by `{close}`")))
        }
        ErrorKind::MisplacedFlowCollectionEnd => Some(scene.here("this bracket closes nothing")),
        ErrorKind::BlockEntryInFlowCollection => {
            Some(scene.here("`-` cannot start an item inside brackets; separate items with commas"))
        }
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => {
            Some(scene.here("`-` before a bracket or comma must be quoted"))
        }
        ErrorKind::FlowMappingValueAdjacentCollection => Some(scene.here("`:` needs a space behind it")),
        _ => None,
    }
}

fn inside_brackets(kind: &ErrorKind, scene: &Scene<'_>) -> Fault {
    let Some(bracket) = scene.bracket else {
        return scene.here("`,` or a closing bracket is expected here");
    };
    let opener = scene.text.get(bracket..).and_then(|tail| tail.chars().next()).unwrap_or('[');
    let between = scene.text.get(bracket..scene.at).unwrap_or_default();
    // A key on a later line: it is the bracket that was forgotten, not a comma.
    if between.contains(['\n', '\r']) && scene.text.get(scene.at..).is_some_and(|tail| tail.starts_with(':'))
    {
        let related = Some((place::line(scene.text, scene.at), "still inside it here".to_owned()));
        return Fault {
            at: range(bracket, bracket + 1),
            message: format!("`{opener}` is not closed"),
            related,
        };
    }
    let related = Some((range(bracket, bracket + 1), "inside this".to_owned()));
    let message = match kind {
        ErrorKind::InvalidColonPlacement => "`:` is misplaced inside brackets".to_owned(),
        ErrorKind::UnexpectedEofImplicitFlowMapping => "a comma without anything before it".to_owned(),
        _ if opener == '{' => "`,` or `}` is expected here".to_owned(),
        _ => "`,` or `]` is expected here".to_owned(),
    };
    Fault { at: place::visible(scene.text, scene.at), message, related }
}

/// Plain scalars, anchors, comments and block scalars.
fn words(kind: &ErrorKind, scene: &Scene<'_>) -> Option<Fault> {
    match kind {
        ErrorKind::MissingAnchorOrAliasName => {
            let star = scene.text.get(scene.at..).is_some_and(|tail| tail.starts_with('*'));
            Some(scene.here(if star {
                "a bare `*` starts an alias; quote it to mean a star"
            } else {
                "a bare `&` starts an anchor; quote it to mean text"
            }))
        }
        ErrorKind::UnexpectedCharacter { character } => Some(unexpected(*character, scene)),
        ErrorKind::CommentNotSeparated => Some(scene.here("a comment needs a space before its `#`")),
        ErrorKind::CommentInterceptedScalar => {
            Some(scene.word("a comment ended the value above, and this line cannot go on with it"))
        }
        ErrorKind::InvalidBlockScalarHeader => {
            Some(scene.here("behind `|` or `>` only `+`, `-`, a digit or a comment may follow on the line"))
        }
        ErrorKind::ZeroBlockScalarIndent => Some(scene.here("a block scalar's indentation digit is 1 to 9")),
        ErrorKind::InvalidBlockScalarIndent => {
            Some(scene.here("an empty first line of this block text is indented deeper than its content"))
        }
        ErrorKind::UnexpectedEndOfPlainScalar => Some(scene.here("a value cannot start like this")),
        _ => None,
    }
}

fn unexpected(character: char, scene: &Scene<'_>) -> Fault {
    if character.is_control() {
        let number = u32::from(character);
        return scene.here(&format!("the control character U+{number:04X} is not allowed in a template"));
    }
    scene.here(&format!("a plain value cannot start with `{character}`; quote it"))
}

/// Directives, documents, tags and what no one writes by accident.
fn rare(kind: &ErrorKind, scene: &Scene<'_>) -> Fault {
    match kind {
        ErrorKind::RecursionLimitExceeded => scene.here(&format!("nested deeper than {MAX_DEPTH} levels")),
        ErrorKind::BomInsideDocument => scene.here("a byte order mark stands inside the text"),
        ErrorKind::ExpectedDocumentStart => outside_the_document(scene),
        ErrorKind::InvalidDocumentEnd => scene.here("only a comment may follow `...` on its line"),
        ErrorKind::MissingDocumentEndBeforeDirective => {
            scene.word("a `%` directive may stand before the document only; quote it to mean text")
        }
        ErrorKind::UnsupportedYamlMajorVersion => scene.to_line_end("this YAML version is not known"),
        ErrorKind::DuplicateVersionDirective | ErrorKind::DuplicateTagDirective => {
            scene.to_line_end("this directive stands twice")
        }
        ErrorKind::UndeclaredTagHandle => scene.word("the prefix of this tag is not declared"),
        ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidGlobalTagCharacter
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::UnclosedVerbatimTag
        | ErrorKind::InvalidTagEscape
        | ErrorKind::InvalidTagUtf8LeadingByte
        | ErrorKind::InvalidTagUtf8TrailingByte
        | ErrorKind::InvalidTagUtf8 => scene.word("this is not a well-formed tag"),
        ErrorKind::InvalidDirectiveTerminator
        | ErrorKind::MissingYamlVersionSeparator
        | ErrorKind::MissingDirectiveName
        | ErrorKind::InvalidDirectiveName
        | ErrorKind::DirectiveByteLimitExceeded { .. }
        | ErrorKind::TooManyReservedDirectiveParams { .. }
        | ErrorKind::YamlVersionTooLong
        | ErrorKind::MissingYamlVersion
        | ErrorKind::ExpectedTagDirectiveBang
        | ErrorKind::InvalidTagDirectiveTerminator => {
            scene.to_line_end("a line that starts with `%` is a directive, and this one is malformed")
        }
        ErrorKind::ExpectedWhitespace => scene.here("a space is missing here"),
        other => scene.here(&other.to_string()),
    }
}

fn outside_the_document(scene: &Scene<'_>) -> Fault {
    let mut start = 0;
    for line in scene.text.split_inclusive(['\n', '\r']) {
        let content = line.trim_start_matches([' ', '\u{feff}']);
        if content.trim().is_empty() || content.starts_with('#') {
            start += line.len();
            continue;
        }
        if content.len() < line.trim_start_matches('\u{feff}').len() && scene.head().is_empty() {
            let related = Some((place::line(scene.text, start), "indented here".to_owned()));
            let message = "this line is indented less than the first one".to_owned();
            return Fault { at: place::word(scene.text, scene.at), message, related };
        }
        break;
    }
    scene.word("the document has ended before this")
}

fn fault(at: TextRange, message: &str) -> Fault {
    Fault { at, message: message.to_owned(), related: None }
}

impl Scene<'_> {
    fn here(&self, message: &str) -> Fault {
        fault(place::visible(self.text, self.at), message)
    }

    fn word(&self, message: &str) -> Fault {
        fault(place::word(self.text, self.at), message)
    }

    fn to_line_end(&self, message: &str) -> Fault {
        fault(place::tail(self.text, self.at), message)
    }

    /// The text between the start of the line and the error.
    fn head(&self) -> &str {
        let before = self.text.get(..self.at).unwrap_or_default();
        before.rsplit(['\n', '\r']).next().unwrap_or(before)
    }
}
