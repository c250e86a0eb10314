//! What a fact is in one state of the model, and whether it fits a pattern.
//!
//! Which facts there are is not known here.

use crate::glob::Glob;
use crate::policy::truth::Truth;
use crate::rules::own::glob::{self, HOLE};
use crate::rules::{places, words};
use crate::source::Span;
use crate::template::value::{Name, Part, Sourced, StepKind, Value};

/// A fact of one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A fact that is one thing.
    One(Seen),
    /// A fact that is a list, in the order of the model.
    Many(Vec<Seen>),
}

impl Reading {
    /// Everything that was seen.
    pub(super) fn seen(&self) -> &[Seen] {
        match self {
            Reading::One(one) => std::slice::from_ref(one),
            Reading::Many(items) => items,
        }
    }
}

/// One thing that was seen, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The thing.
    pub(super) what: What,
    /// Where a reader would look; `None` when only the subject itself can be pointed at.
    pub(super) at: Option<Span>,
    /// For an item of a list: why it is not sure that it is in the list.
    pub(super) perhaps: Option<String>,
    /// For an item of a list: whether it stands for several that are only known at deployment.
    pub(super) spread: bool,
}

/// A thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Known text; words, numbers and `true` or `false` too.
    Text(String),
    /// A value of the template, which may be a name that only AWS can fill in.
    Value(Box<Sourced>),
    /// Nothing is written.
    Absent,
    /// Not decidable, with a phrase that says why.
    Unknown(String),
}

impl Seen {
    /// Known text at a place.
    pub(super) fn text(text: impl Into<String>, at: Option<Span>) -> Self {
        Self { what: What::Text(text.into()), at, perhaps: None, spread: false }
    }

    /// `true` or `false`.
    pub(super) fn flag(yes: bool, at: Option<Span>) -> Self {
        Self::text(if yes { "true" } else { "false" }, at)
    }

    /// Something that cannot be said.
    pub(super) fn unknown(why: impl Into<String>, at: Option<Span>) -> Self {
        Self { what: What::Unknown(why.into()), at, perhaps: None, spread: false }
    }

    /// Nothing.
    pub(super) fn absent(at: Option<Span>) -> Self {
        Self { what: What::Absent, at, perhaps: None, spread: false }
    }

    /// A value of the template.
    pub(super) fn value(value: &Sourced) -> Self {
        let at = Some(value.span);
        match &value.value {
            Value::Absent | Value::Null => Self::absent(at),
            Value::Unknown(why) => Self::unknown(why.clone(), at),
            _ => Self { what: What::Value(Box::new(value.clone())), at, perhaps: None, spread: false },
        }
    }

    /// A value of the template whose own place is not known, seen at another one.
    pub(super) fn value_at(value: &Value, at: Span) -> Self {
        Self::value(&Sourced::new(value.clone(), at))
    }

    /// The same thing, of which it is not sure that it is in the list.
    pub(super) fn perhaps(mut self, why: impl Into<String>) -> Self {
        self.perhaps = Some(why.into());
        self
    }

    /// The same thing, which is a list of its own.
    pub(super) fn spread(mut self) -> Self {
        self.spread = true;
        self
    }

    /// The thing in the words of a message, without quotes.
    pub(super) fn shown(&self) -> String {
        match &self.what {
            What::Text(text) => text.clone(),
            What::Value(value) => match words::value(&value.value) {
                Some(text) => text.trim_matches('`').to_owned(),
                None => "a value".to_owned(),
            },
            What::Absent => "nothing".to_owned(),
            What::Unknown(_) => "unknown".to_owned(),
        }
    }

    /// Why nothing can be said about it, a phrase; `None` when something can.
    pub(super) fn doubt(&self) -> Option<String> {
        match (&self.what, &self.perhaps) {
            (What::Unknown(why), _) | (_, Some(why)) => Some(why.clone()),
            (What::Value(_), None) => Some(format!("`{}` is only known at deployment", self.shown())),
            (What::Text(_) | What::Absent, None) => None,
        }
    }

    /// The parameter whose default this rests on.
    pub(super) fn default_of(&self) -> Option<&str> {
        let What::Value(value) = &self.what else { return None };
        match &places::origin_step(value)?.kind {
            StepKind::Default(name) => Some(name),
            _ => None,
        }
    }
}

/// How a value is written, for patterns that ask for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Spelling {
    /// It comes from an export, whether or not the exporting template is in the run.
    Export,
    /// It comes through a parameter.
    Parameter,
    /// It comes from Systems Manager.
    Ssm,
    /// It is a resource of a template of the run.
    Resource,
}

/// Prefixes of patterns that ask for a spelling.
pub(super) const SPELLINGS: [(&str, Spelling); 4] = [
    ("export", Spelling::Export),
    ("parameter", Spelling::Parameter),
    ("ssm", Spelling::Ssm),
    ("resource", Spelling::Resource),
];

/// What an item may be compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Exactly this word.
    Word(String),
    /// Text that fits the glob.
    Name(String),
    /// A path below, or equal to, what fits the glob.
    Path(Glob),
    /// A value that is written like this and whose name fits the glob.
    Written(Spelling, String),
}

impl Pattern {
    /// Whether a thing fits. What is not written fits nothing.
    pub(super) fn fits(&self, seen: &Seen) -> Truth {
        match (&seen.what, self) {
            (What::Unknown(_), _) => Truth::Unknown,
            (What::Absent, _) | (What::Text(_), Pattern::Written(..)) => Truth::No,
            (What::Text(text), Pattern::Word(word)) => known(text == word),
            (What::Text(text), Pattern::Name(glob)) => glob::matches(glob, text),
            (What::Text(text), Pattern::Path(glob)) => known(glob.matches_path(text)),
            (What::Value(value), Pattern::Word(glob) | Pattern::Name(glob)) => value_fits(&value.value, glob),
            (What::Value(value), Pattern::Path(glob)) => value_fits(&value.value, glob.as_str()),
            (What::Value(value), Pattern::Written(spelling, glob)) => is_written(value, *spelling, glob),
        }
    }
}

/// Yes or no.
pub(super) fn known(holds: bool) -> Truth {
    if holds { Truth::Yes } else { Truth::No }
}

/// The other way round; what is unknown stays so.
pub(super) fn not(truth: Truth) -> Truth {
    match truth {
        Truth::Yes => Truth::No,
        Truth::No => Truth::Yes,
        Truth::Unknown => Truth::Unknown,
    }
}

fn value_fits(value: &Value, pattern: &str) -> Truth {
    match text_with_holes(value) {
        Some(text) => glob::matches(pattern, &text),
        None => Truth::Unknown,
    }
}

/// A value as text, each name in it a [`HOLE`]; `None` for what is no text.
fn text_with_holes(value: &Value) -> Option<String> {
    let parts = value.to_parts()?;
    let text = parts.iter().map(|part| match part {
        Part::Literal(text) => text.replace(HOLE, "\u{FFFD}"),
        Part::Named(_) => HOLE.to_string(),
    });
    Some(text.collect())
}

/// Whether a value is written in a way; its places on the way here count as well as its end.
fn is_written(value: &Sourced, spelling: Spelling, pattern: &str) -> Truth {
    let on_the_way = value.via.iter().filter_map(|step| match (&step.kind, spelling) {
        (StepKind::Export(name) | StepKind::ExportByPattern(name), Spelling::Export)
        | (
            StepKind::Default(name)
            | StepKind::Choice(name)
            | StepKind::Bound(name)
            | StepKind::Given(name)
            | StepKind::Stored(name),
            Spelling::Parameter,
        ) => Some(glob::matches(pattern, name)),
        _ => None,
    });
    let named = match &value.value {
        Value::Named(name) => name_is(name, spelling, pattern),
        _ => Truth::No,
    };
    on_the_way.max().unwrap_or(Truth::No).max(named)
}

fn name_is(name: &Name, spelling: Spelling, pattern: &str) -> Truth {
    let is = |text: &str| glob::matches(pattern, text);
    match (name, spelling) {
        (Name::Resource { id, .. }, Spelling::Resource) => is(id),
        (Name::Attribute { id, attribute, .. }, Spelling::Resource) => is(&format!("{id}.{attribute}")),
        (Name::Parameter { name, .. }, Spelling::Parameter) => is(name),
        (Name::Import(name), Spelling::Export) => value_fits(name, pattern),
        (Name::Dynamic(text), Spelling::Ssm) => match ssm_path(text) {
            Some(path) => is(path),
            None => Truth::No,
        },
        // Anything may be inside a function; it is not looked through.
        (Name::Function { .. }, _) => Truth::Unknown,
        _ => Truth::No,
    }
}

/// The parameter that a dynamic reference names, its version left out.
fn ssm_path(reference: &str) -> Option<&str> {
    let inner = reference.strip_prefix("{{resolve:")?.strip_suffix("}}")?;
    let path = inner.strip_prefix("ssm:").or_else(|| inner.strip_prefix("ssm-secure:"))?;
    Some(match path.rsplit_once(':') {
        Some((path, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => path,
        _ => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, TextRange};
    use crate::template::value::{StackId, Step};

    fn place() -> Span {
        Span::new(FileId(0), TextRange::new(0, 1))
    }

    fn named(name: Name) -> Value {
        Value::named(name)
    }

    #[test]
    fn values_fit_patterns_or_it_is_not_known() {
        let import = |name: &str| named(Name::Import(Box::new(Value::String(name.to_owned()))));
        let parameter = || named(Name::Parameter { stack: StackId(0), name: "Endpoint".to_owned() });
        let ssm = || named(Name::Dynamic("{{resolve:ssm:/network/prod/vpce:3}}".to_owned()));
        let name = |glob: &str| Pattern::Name(glob.to_owned());
        let written = |spelling, glob: &str| Pattern::Written(spelling, glob.to_owned());
        let table = [
            (Value::String("vpce-0a".to_owned()), name("vpce-0*"), Truth::Yes),
            (Value::String("vpce-0a".to_owned()), name("vpce-1*"), Truth::No),
            (Value::String("vpce-0a".to_owned()), written(Spelling::Export, "*"), Truth::No),
            (parameter(), name("vpce-0*"), Truth::Unknown),
            (parameter(), name("*"), Truth::Yes),
            (parameter(), written(Spelling::Parameter, "End*"), Truth::Yes),
            (parameter(), written(Spelling::Export, "End*"), Truth::No),
            (import("network-vpce"), written(Spelling::Export, "network-*"), Truth::Yes),
            (import("other"), written(Spelling::Export, "network-*"), Truth::No),
            (ssm(), written(Spelling::Ssm, "/network/*/vpce"), Truth::Yes),
            (Value::Unknown("why".to_owned()), name("*"), Truth::Unknown),
            (Value::Absent, name("*"), Truth::No),
        ];
        for (value, pattern, expected) in table {
            let seen = Seen::value_at(&value, place());
            assert_eq!(pattern.fits(&seen), expected, "{value:?} {pattern:?}");
        }
    }

    #[test]
    fn the_way_a_value_came_counts_as_its_spelling() {
        let resource = named(Name::Resource { stack: StackId(1), id: "Vpce".to_owned() });
        let mut value = Sourced::new(resource, place());
        value.via.push(Step { kind: StepKind::Export("network-vpce".to_owned()), span: place() });
        let seen = Seen::value(&value);
        let written = |spelling, glob: &str| Pattern::Written(spelling, glob.to_owned()).fits(&seen);
        assert_eq!(written(Spelling::Export, "network-*"), Truth::Yes);
        assert_eq!(written(Spelling::Resource, "Vpce"), Truth::Yes);
        assert_eq!(written(Spelling::Parameter, "*"), Truth::No);
    }
}
