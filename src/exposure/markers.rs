//! Text that says what an API is meant to be: metadata, tags, names and descriptions.

use crate::exposure::model::{Labels, Marker, MarkerKind};
use crate::source::Span;
use crate::syntax::tree::{NodeId, Tree};
use crate::template::document::{Origin, Resource};
use crate::workspace::Stack;

const TAG_KEYS: [&str; 4] = ["Exposure", "Visibility", "Access", "Network"];
const TAG_VALUES: [&str; 3] = ["private", "internal", "vpc-only"];
const WORDS: [&str; 2] = ["private", "internal"];

/// All markers of an API, strongest kind first.
pub(crate) fn find(stack: &Stack, resource: &Resource) -> Vec<Marker> {
    let tree = &stack.lowered.tree;
    let mut markers = Vec::new();
    // What SAM makes of a part of a resource (a function's URL) is meant as that resource says.
    let written = match &resource.origin {
        Origin::Sam(id) => stack.template.resource(id),
        Origin::Written | Origin::Implicit => None,
    };
    let metadata = resource.metadata.or_else(|| written.and_then(|written| written.metadata));
    if let Some(metadata) = metadata {
        if let Some(node) = tree.get_path(metadata, &["wicketgate", "exposure"])
            && let Some(text) = tree.scalar(node)
        {
            markers.push(Marker { span: tree.span(node), kind: MarkerKind::Exposure(text.to_owned()) });
        }
        for entry in tree.entries(metadata) {
            markers.extend(tag(tree, entry.key, entry.value));
        }
    }
    markers.extend(tags(tree, resource).into_iter().filter_map(|(key, value)| tag(tree, key, value)));
    markers.extend(words(stack, resource));
    markers
}

/// What a resource is called and tagged.
pub(crate) fn labels(stack: &Stack, resource: &Resource) -> Labels {
    let tree = &stack.lowered.tree;
    let written = match &resource.origin {
        Origin::Sam(id) => stack.template.resource(id),
        Origin::Written | Origin::Implicit => None,
    };
    let mut labels = Labels::default();
    let own = written.filter(|written| written.id != resource.id);
    for one in std::iter::once(resource).chain(own) {
        labels.names.push(one.id.clone());
    }
    for one in std::iter::once(resource).chain(written) {
        if !labels.types.contains(&one.type_name) {
            labels.types.push(one.type_name.clone());
        }
    }
    let name = resource.properties.and_then(|node| tree.get(node, "Name"));
    labels.names.extend(name.and_then(|name| tree.scalar(name)).map(str::to_owned));
    let literal = |(key, value)| Some((tree.scalar(key)?.to_owned(), tree.scalar(value)?.to_owned()));
    labels.tags = tags(tree, resource).into_iter().filter_map(literal).collect();
    labels
}

/// Where `Auth.DefaultAuthorizer` of a SAM API, or of `Globals`, is written.
pub(crate) fn default_authorizer(stack: &Stack, resource: &Resource) -> Option<Span> {
    let tree = &stack.template.tree;
    let section = match resource.type_name.as_str() {
        "AWS::ApiGateway::RestApi" => "Api",
        "AWS::ApiGatewayV2::Api" => "HttpApi",
        _ => return None,
    };
    let written = match &resource.origin {
        Origin::Sam(id) => stack.template.resource(id).and_then(|written| written.properties),
        Origin::Implicit => None,
        Origin::Written => return None,
    };
    let own = written.and_then(|node| tree.get_path(node, &["Auth", "DefaultAuthorizer"]));
    let inherited = || tree.get_path(stack.template.globals?, &[section, "Auth", "DefaultAuthorizer"]);
    own.or_else(inherited).map(|node| tree.span(node))
}

/// Tags of a resource, written as a mapping or as a list of `Key` and `Value`.
fn tags(tree: &Tree, resource: &Resource) -> Vec<(NodeId, NodeId)> {
    let Some(tags) = resource.properties.and_then(|node| tree.get(node, "Tags")) else { return Vec::new() };
    let listed =
        tree.items(tags).iter().filter_map(|&item| Some((tree.get(item, "Key")?, tree.get(item, "Value")?)));
    tree.entries(tags).iter().map(|entry| (entry.key, entry.value)).chain(listed).collect()
}

fn tag(tree: &Tree, key: NodeId, value: NodeId) -> Option<Marker> {
    let (key, text) = (tree.scalar(key)?, tree.scalar(value)?);
    let known = |list: &[&str], text: &str| list.iter().any(|known| known.eq_ignore_ascii_case(text));
    (known(&TAG_KEYS, key) && known(&TAG_VALUES, text)).then(|| Marker {
        span: tree.span(value),
        kind: MarkerKind::Tag { key: key.to_owned(), value: text.to_owned() },
    })
}

fn words(stack: &Stack, resource: &Resource) -> Vec<Marker> {
    let tree = &stack.lowered.tree;
    let property = |key: &str| resource.properties.and_then(|node| tree.get(node, key));
    let texts = ["Name", "Description"].into_iter().filter_map(|key| {
        let node = property(key)?;
        Some((tree.scalar(node)?, tree.span(node)))
    });
    let id = (resource.id.as_str(), resource.id_span);
    let mut markers = Vec::new();
    // The description of the template is left out: it speaks of everything in it ("to a private endpoint").
    for (text, span) in std::iter::once(id).chain(texts) {
        if let Some(word) = split_words(text).into_iter().find(|word| WORDS.contains(&word.as_str())) {
            markers.push(Marker { span, kind: MarkerKind::Word(word) });
        }
    }
    markers
}

/// Words of a text in lower case; `camelCase`, digits and punctuation part them.
fn split_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for letter in text.chars() {
        let starts = letter.is_uppercase() && lower_before;
        if (!letter.is_alphabetic() || starts) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        lower_before = letter.is_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::split_words;

    #[test]
    fn words_are_parted_by_case_and_punctuation() {
        let cases = [
            ("PrivateApi", &["private", "api"][..]),
            ("my-internal-api", &["my", "internal", "api"]),
            ("internalization", &["internalization"]),
            ("Api2Private", &["api", "private"]),
        ];
        for (text, expected) in cases {
            assert_eq!(split_words(text), expected, "{text}");
        }
    }
}
