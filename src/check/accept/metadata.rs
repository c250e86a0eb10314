//! `Metadata.wicketgate` of a resource → exceptions. The way of JSON templates, which have no comments.
//!
//! Reads what is written on resources; that `exposure` states a posture is `intent`'s.

use crate::diagnostic::nearest::nearest;
use crate::intent::Posture;
use crate::intent::date::Date;
use crate::intent::exception::{Effect, Exception, Scope};
use crate::source::{Span, Spanned};
use crate::syntax::tree::{Entry, NodeId, Tree};
use crate::template::document::{Resource, Template};

const KEYS: [&str; 8] = ["exposure", "ignore", "owner", "reason", "until", "expires", "ticket", "id"];

/// The exceptions on the resources of a template.
pub(super) fn find(template: &Template) -> Vec<Exception> {
    template.resources.iter().flat_map(|resource| on_resource(&template.tree, resource)).collect()
}

fn on_resource(tree: &Tree, resource: &Resource) -> Vec<Exception> {
    let Some((metadata, entry)) =
        resource.metadata.and_then(|metadata| Some((metadata, tree.entry(metadata, "wicketgate")?)))
    else {
        return Vec::new();
    };
    // `Metadata` that says nothing else goes as a whole.
    let outer = tree.entry(resource.node, "Metadata").filter(|_| tree.entries(metadata).len() == 1);
    let mut blank = Exception {
        id: None,
        effect: Effect::Ignores(Vec::new()),
        scope: Scope::Resource { file: tree.file(), id: resource.id.clone() },
        owner: None,
        reason: None,
        ticket: None,
        expires: None,
        fingerprint: None,
        span: tree.span(entry.key),
        whole: tree.span(outer.unwrap_or(entry).key),
        is_shared: false,
        mistakes: Vec::new(),
    };
    if !tree.is_mapping(entry.value) {
        blank.mistakes.push((tree.span(entry.value), "a mapping is wanted here".to_owned()));
        return vec![blank];
    }
    let said: Vec<Entry> = tree.entries(entry.value).to_vec();
    for one in &said {
        read_key(tree, &mut blank, *one);
    }
    let publishes = tree.get(entry.value, "exposure").and_then(|node| exposure(tree, node, &mut blank));
    let (stated, ignored) = (tree.entry(entry.value, "exposure"), tree.entry(entry.value, "ignore"));
    let is_both = stated.is_some() && ignored.is_some();
    let whole = |own: Option<Entry>| own.filter(|_| is_both).map(|own| tree.span(own.key));
    let rules = ignored.map(|ignored| rules(tree, ignored.value, &mut blank)).unwrap_or_default();
    let mut found = Vec::new();
    if let Some(span) = publishes {
        let whole = whole(stated).unwrap_or(blank.whole);
        found.push(Exception { effect: Effect::Publishes, span, whole, ..blank.clone() });
    }
    if !rules.is_empty() || (publishes.is_none() && !blank.mistakes.is_empty()) {
        let span = ignored.map_or(blank.span, |ignored| tree.span(ignored.key));
        let whole = whole(ignored).unwrap_or(blank.whole);
        let mistakes = if found.is_empty() { blank.mistakes.clone() } else { Vec::new() };
        found.push(Exception { effect: Effect::Ignores(rules), span, whole, mistakes, ..blank });
    }
    found
}

/// The place of `exposure: public`, which is an exception from being private.
fn exposure(tree: &Tree, node: NodeId, exception: &mut Exception) -> Option<Span> {
    match tree.scalar(node).and_then(Posture::parse) {
        Some(Posture::Public) => Some(tree.span(node)),
        Some(Posture::Private | Posture::Unset) => None,
        None => {
            exception.mistakes.push((tree.span(node), "write `private`, `public` or `unset`".to_owned()));
            None
        }
    }
}

fn rules(tree: &Tree, node: NodeId, exception: &mut Exception) -> Vec<Spanned<String>> {
    let items = if tree.is_sequence(node) { tree.items(node).to_vec() } else { vec![node] };
    let mut rules = Vec::new();
    for item in items {
        match tree.scalar(item) {
            Some(name) => rules.push(Spanned { value: name.to_owned(), span: tree.span(item) }),
            None => exception.mistakes.push((tree.span(item), "a rule's name is wanted here".to_owned())),
        }
    }
    rules
}

fn read_key(tree: &Tree, exception: &mut Exception, entry: Entry) {
    let key = tree.scalar(entry.key).unwrap_or_default();
    if !KEYS.contains(&key) {
        let near = nearest(key, KEYS).map_or_else(
            || format!("known here: {}", KEYS.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        exception.mistakes.push((tree.span(entry.key), near));
        return;
    }
    if matches!(key, "exposure" | "ignore") {
        return;
    }
    let text = tree.scalar(entry.value).map(str::trim).filter(|text| !text.is_empty());
    let Some(text) = text else {
        exception.mistakes.push((tree.tagged_span(entry.value), "a text is wanted here".to_owned()));
        return;
    };
    match key {
        "owner" => exception.owner = Some(text.to_owned()),
        "reason" => exception.reason = Some(text.to_owned()),
        "ticket" => exception.ticket = Some(text.to_owned()),
        "id" => exception.id = Some(text.to_owned()),
        _ => match Date::parse(text) {
            Some(value) => exception.expires = Some(Spanned { value, span: tree.span(entry.value) }),
            None => {
                let wrong = "this is no day; write 2027-03-31".to_owned();
                exception.mistakes.push((tree.span(entry.value), wrong));
            }
        },
    }
}
