//! What each API is meant to be: the posture that was stated, and the evidence the templates give.
//!
//! Computed once, before any rule runs. It judges nothing: a contradiction between fact and intent is a rule's.

pub mod date;
pub mod exception;
pub mod stated;

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use crate::exposure::model::{Api, ExposureModel, Marker, MarkerKind};
use crate::exposure::statements::{Condition, statements};
use crate::intent::stated::{Decided, Requirement};
use crate::order::Order;
use crate::source::{FileId, Span};
use crate::template::value::Sourced;

/// What was stated about who may reach an API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Posture {
    /// Through VPC endpoints only.
    Private,
    /// The internet may.
    Public,
    /// Nothing was stated.
    #[default]
    Unset,
}

impl Posture {
    /// The one of both that lets fewer APIs be public without a word.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        if self.strictness() >= other.strictness() { self } else { other }
    }

    /// Greater for what lets fewer APIs be public: private, then unset, then public.
    pub fn strictness(self) -> u8 {
        match self {
            Posture::Private => 2,
            Posture::Unset => 1,
            Posture::Public => 0,
        }
    }

    /// The posture a word of a policy file, flag or marker names, in any letter case.
    pub fn parse(word: &str) -> Option<Self> {
        [("private", Posture::Private), ("public", Posture::Public), ("unset", Posture::Unset)]
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .map(|(_, posture)| posture)
    }
}

/// How much a piece of evidence weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// A hint.
    Weak,
    /// The author wrote it for this API.
    Strong,
}

/// A fact that says an API is meant to be private.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What kind of fact.
    pub kind: EvidenceKind,
    /// The text.
    pub span: Span,
}

/// Kinds of [`Evidence`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvidenceKind {
    /// A tag or `Metadata` key says so.
    Tag {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// VPC endpoints are associated with it.
    Association,
    /// Its policy asks for a VPC or an endpoint.
    VpcCondition,
    /// Another API of the template is private.
    PrivateSibling {
        /// Logical id of that API.
        resource: String,
    },
    /// `private` or `internal` stands alone in its id, name or description.
    Word(String),
    /// The template declares an endpoint for execute-api.
    EndpointInTemplate {
        /// Logical id of the endpoint.
        resource: String,
    },
}

impl Evidence {
    /// How much it weighs.
    pub fn strength(&self) -> Strength {
        match self.kind {
            EvidenceKind::Tag { .. } | EvidenceKind::Association | EvidenceKind::VpcCondition => {
                Strength::Strong
            }
            EvidenceKind::PrivateSibling { .. }
            | EvidenceKind::Word(_)
            | EvidenceKind::EndpointInTemplate { .. } => Strength::Weak,
        }
    }
}

/// What one API is meant to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intent {
    /// What was stated; where environments differ, the strictest.
    pub posture: Posture,
    /// What was stated for each environment of the run, where it was not stated for all of them at once.
    pub in_environments: Vec<(String, Posture)>,
    /// Where the resource itself states it; `None` when the run does.
    pub stated_at: Option<Span>,
    /// What it must show if it is public.
    pub require: Vec<Requirement>,
    /// What the templates say, strong evidence first, then in text order.
    pub evidence: Vec<Evidence>,
}

impl Intent {
    /// Whether being public contradicts a statement or what the author wrote for this very API.
    pub fn contradicts_public(&self) -> bool {
        match self.posture {
            Posture::Private => true,
            Posture::Public => false,
            Posture::Unset => self.has_strong_evidence(),
        }
    }

    /// What was stated for one environment, or for stacks outside of all of them.
    pub fn posture_in(&self, environment: Option<&str>) -> Posture {
        let stated = self.in_environments.iter().find(|(name, _)| Some(name.as_str()) == environment);
        stated.map_or(self.posture, |(_, posture)| *posture)
    }

    /// The intent as far as it is about these environments; about everything when there are none.
    pub fn within(&self, environments: &[String]) -> Cow<'_, Self> {
        let stated = environments.iter().map(|name| self.posture_in(Some(name)));
        match stated.reduce(Posture::stricter) {
            Some(posture) if posture != self.posture => Cow::Owned(Self { posture, ..self.clone() }),
            _ => Cow::Borrowed(self),
        }
    }

    /// Whether something was written for this very API that says private.
    pub fn has_strong_evidence(&self) -> bool {
        self.evidence.iter().any(|evidence| evidence.strength() == Strength::Strong)
    }
}

/// The intent of each API of a model.
#[derive(Debug, Default)]
pub struct Intents {
    /// In the order of [`ExposureModel::apis`].
    by_api: Vec<Intent>,
}

impl Intents {
    /// Works out the intent of every API. `decided` says what was decided for one outside of the templates, in an
    /// environment.
    pub fn new(model: &ExposureModel, decided: impl Fn(&Api, Option<&str>) -> Decided) -> Self {
        let siblings = Siblings::new(model);
        Self { by_api: model.apis.iter().map(|api| intent(api, &siblings, &decided)).collect() }
    }

    /// The intent of the API at this index of the model; nothing stated and no evidence for an index past it.
    pub fn of(&self, api: usize) -> &Intent {
        static NONE: Intent = Intent {
            posture: Posture::Unset,
            in_environments: Vec::new(),
            stated_at: None,
            require: Vec::new(),
            evidence: Vec::new(),
        };
        self.by_api.get(api).unwrap_or(&NONE)
    }
}

/// What a template holds besides the API in question.
struct Siblings<'model> {
    /// Each file's private REST APIs, in text order.
    private: Vec<&'model Api>,
    /// Files with a private REST API, to look no further where there is none.
    files: FxHashSet<FileId>,
    model: &'model ExposureModel,
}

impl<'model> Siblings<'model> {
    fn new(model: &'model ExposureModel) -> Self {
        let private: Vec<_> = model.apis.iter().filter(|api| api.may_be_private()).collect();
        Self { files: private.iter().map(|api| api.file).collect(), private, model }
    }
}

fn intent(api: &Api, siblings: &Siblings<'_>, decide: &impl Fn(&Api, Option<&str>) -> Decided) -> Intent {
    let decided = decide(api, None);
    let marked = marked_posture(&api.markers).filter(|_| !decided.ignores_marker);
    let mut evidence = written_for(api);
    if siblings.files.contains(&api.file) {
        let other = |sibling: &&&Api| sibling.file == api.file && sibling.resource != api.resource;
        evidence.extend(siblings.private.iter().find(other).map(|sibling| Evidence {
            kind: EvidenceKind::PrivateSibling { resource: sibling.resource.clone() },
            span: sibling.id_span,
        }));
    }
    let endpoint = siblings.model.endpoints.iter().find(|endpoint| endpoint.file == api.file);
    evidence.extend(endpoint.map(|endpoint| Evidence {
        kind: EvidenceKind::EndpointInTemplate { resource: endpoint.resource.clone() },
        span: endpoint.id_span,
    }));
    evidence.order_by_key(|evidence| (std::cmp::Reverse(evidence.strength()), evidence.span));
    let in_environments =
        if marked.is_some() { Vec::new() } else { by_environment(api, decided.posture, decide) };
    let strictest = in_environments.iter().map(|(_, posture)| *posture).reduce(Posture::stricter);
    Intent {
        posture: marked.map_or(strictest.unwrap_or(decided.posture), |(posture, _)| posture),
        in_environments,
        stated_at: marked.map(|(_, span)| span),
        require: decided.require,
        evidence,
    }
}

/// What was decided for each environment in which the API is judged, where it is not `usual` in all of them.
fn by_environment(
    api: &Api,
    usual: Posture,
    decide: &impl Fn(&Api, Option<&str>) -> Decided,
) -> Vec<(String, Posture)> {
    let mut names: Vec<&str> = api.cases.iter().filter_map(|case| case.environment.as_deref()).collect();
    names.order();
    names.dedup();
    let stated = names.into_iter().map(|name| (name.to_owned(), decide(api, Some(name)).posture));
    let stated: Vec<_> = stated.collect();
    if stated.iter().all(|(_, posture)| *posture == usual) { Vec::new() } else { stated }
}

/// The posture that `Metadata.wicketgate.exposure` of the resource states.
fn marked_posture(markers: &[Marker]) -> Option<(Posture, Span)> {
    markers.iter().find_map(|marker| match &marker.kind {
        MarkerKind::Exposure(word) => Posture::parse(word).map(|posture| (posture, marker.span)),
        MarkerKind::Tag { .. } | MarkerKind::Word(_) => None,
    })
}

/// Evidence that stands on the API itself.
fn written_for(api: &Api) -> Vec<Evidence> {
    let markers = api.markers.iter().filter_map(|marker| {
        let kind = match &marker.kind {
            MarkerKind::Tag { key, value } => EvidenceKind::Tag { key: key.clone(), value: value.clone() },
            MarkerKind::Word(word) => EvidenceKind::Word(word.clone()),
            MarkerKind::Exposure(_) => return None,
        };
        Some(Evidence { kind, span: marker.span })
    });
    let associated = api.cases.iter().find(|case| !case.vpc_endpoint_ids.is_empty()).and_then(|case| {
        let written = case.association.as_ref().or(case.vpc_endpoint_ids.first())?;
        Some(Evidence { kind: EvidenceKind::Association, span: written.span })
    });
    let condition = api
        .cases
        .iter()
        .flat_map(|case| &case.policies)
        .find_map(|policy| vpc_condition(&policy.document))
        .map(|span| Evidence { kind: EvidenceKind::VpcCondition, span });
    markers.chain(associated).chain(condition).collect()
}

/// The first condition key of a policy document that asks for a VPC or an endpoint.
fn vpc_condition(document: &Sourced) -> Option<Span> {
    let conditions = statements(document).into_iter().flat_map(|statement| statement.conditions());
    conditions.into_iter().find(Condition::asks_for_vpc).map(|condition| condition.key.key_span)
}
