//! The vocabulary of own rules: which facts there are about which subject, of which type, and what each means.
//!
//! A fact is read from the exposure model as it is; nothing is judged here.

use std::fmt;

use crate::rules::Context;
use crate::rules::own::reading::{Reading, Seen};
use crate::rules::own::scene::{ApiScene, Kind, Scene};
use crate::rules::own::{api_facts, other_facts};

/// Type of a fact, or of the items of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// One of these words.
    Word(&'static [&'static str]),
    /// True or false.
    Flag,
    /// Known text, compared with a glob.
    Name,
    /// Path of a file from the folder of the policy file.
    Path,
    /// A value of the template: text, or a name that only AWS can fill in.
    Value,
    /// A class of callers: a word of [`CALLERS`], or the value of an endpoint or VPC id.
    Caller,
}

/// Classes of callers that have no id.
pub const CALLERS: &[&str] = &["internet", "any-other-endpoint"];

/// Something that can be asked about a subject.
pub struct Fact {
    /// Its name in rule files.
    pub name: &'static str,
    /// Its type, or that of its items.
    pub of: Type,
    /// Whether it is a list.
    pub list: bool,
    /// What it says; a phrase.
    pub meaning: &'static str,
    /// How it is read.
    pub(super) reader: Reader,
}

/// How a fact is read from a scene.
#[derive(Clone, Copy)]
pub(super) enum Reader {
    /// Of an API, whatever its case is.
    Always(fn(&ApiScene<'_>) -> Reading),
    /// Of an API in one case; not known when the transform refuses the template.
    Case(fn(&ApiScene<'_>) -> Reading),
    /// Of anything.
    Scene(fn(&Scene<'_>) -> Reading),
}

impl Fact {
    /// What the fact is in a scene.
    pub(super) fn read(&self, scene: &Scene<'_>) -> Reading {
        match (self.reader, scene) {
            (Reader::Scene(read), _) => read(scene),
            (Reader::Always(read), Scene::Api(scene)) => read(scene),
            (Reader::Case(_), Scene::Api(scene)) if scene.unseen => {
                self.unknown(Seen::unknown("the conditions have too many combinations to look at all", None))
            }
            (Reader::Case(read), Scene::Api(scene)) => match &scene.api.refused {
                None => read(scene),
                Some((why, place)) => {
                    let why = format!("the transform refuses the template: {why}");
                    self.unknown(Seen::unknown(why, Some(*place)))
                }
            },
            // Tables are chosen by subject, so this is not reached; and if it were, nothing would be claimed.
            (Reader::Always(_) | Reader::Case(_), _) => {
                self.unknown(Seen::unknown("this subject has no such fact", None))
            }
        }
    }

    fn unknown(&self, seen: Seen) -> Reading {
        if self.list {
            Reading::Many(vec![seen.perhaps("what the list holds is not known")])
        } else {
            Reading::One(seen)
        }
    }
}

impl PartialEq for Fact {
    fn eq(&self, other: &Self) -> bool {
        (self.name, self.meaning) == (other.name, other.meaning)
    }
}

impl Eq for Fact {}

impl fmt::Debug for Fact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// A fact that is one thing.
pub(super) const fn one(name: &'static str, of: Type, reader: Reader, meaning: &'static str) -> Fact {
    Fact { name, of, list: false, meaning, reader }
}

/// A fact that is a list.
pub(super) const fn many(name: &'static str, of: Type, reader: Reader, meaning: &'static str) -> Fact {
    Fact { name, of, list: true, meaning, reader }
}

/// All facts of a subject, in the order of the documentation.
pub fn of(kind: Kind) -> impl Iterator<Item = &'static Fact> {
    let tables: Vec<&'static [Fact]> = match kind {
        Kind::Api => vec![api_facts::API, FILE, api_facts::ANY_API, api_facts::CASE],
        Kind::FunctionUrl => vec![api_facts::FUNCTION_URL, FILE, api_facts::ANY_API],
        Kind::Method => vec![api_facts::METHOD, api_facts::API, FILE, api_facts::ANY_API, api_facts::CASE],
        Kind::Caller => vec![api_facts::CALLER, api_facts::API, FILE, api_facts::ANY_API, api_facts::CASE],
        Kind::Endpoint => vec![other_facts::ENDPOINT, FILE],
        Kind::Domain => vec![other_facts::DOMAIN, FILE],
        Kind::Call => vec![other_facts::CALL, FILE],
    };
    tables.into_iter().flatten()
}

/// Facts of whatever stands in a file.
static FILE: &[Fact] = &[one(
    "file",
    Type::Path,
    Reader::Scene(|scene| Reading::One(Seen::text(context(scene).path, None))),
    "path of the template, from the folder of the policy file",
)];

fn context<'run>(scene: &Scene<'run>) -> &'run Context<'run> {
    match scene {
        Scene::Api(scene) => scene.ctx,
        Scene::Endpoint(_, _, ctx) | Scene::Domain(_, ctx) | Scene::Call(_, ctx) => ctx,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_plain_and_no_subject_has_one_twice() {
        for (word, kind) in Kind::ALL {
            let names: Vec<&str> = of(kind).map(|fact| fact.name).collect();
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{word}: {names:?}");
            for fact in of(kind) {
                let plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
                assert!(fact.name.chars().all(plain), "{}", fact.name);
                assert!(!["all", "any", "not"].contains(&fact.name), "{}", fact.name);
                assert!(!fact.meaning.ends_with('.') && !fact.meaning.contains('|'), "{}", fact.name);
            }
        }
    }
}
